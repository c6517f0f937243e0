package io.epicfhir.load.sql;

import java.util.Locale;
import java.util.regex.Pattern;

/** Names of tables and columns as SQL: checked, then quoted, so that they stand as written. */
public final class Identifiers {
  /** PostgreSQL cuts a longer name off without an error. */
  public static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");

  /** What {@link #NAME} takes. */
  public static final String IN_WORDS = "at most 63 letters, digits and _";

  private Identifiers() {}

  /**
   * The name itself.
   *
   * @throws IllegalArgumentException with what is allowed
   */
  public static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(IN_WORDS + ", the first one not a digit");
    }
    return name;
  }

  /** Whether a name can be one. */
  public static boolean valid(String name) {
    return NAME.matcher(name).matches();
  }

  public static String quoted(String name) {
    return '"' + checked(name) + '"';
  }

  public static String quoted(String schema, String table) {
    return quoted(schema) + "." + quoted(table);
  }

  /** The same for people, with quotes only where the name would be another one without them. */
  public static String shown(String schema, String table) {
    return shown(schema) + "." + shown(table);
  }

  private static String shown(String name) {
    return name.equals(name.toLowerCase(Locale.ROOT)) ? checked(name) : quoted(name);
  }

  /** A role's name, quoted; a role may be called anything. */
  public static String role(String name) {
    return '"' + name.replace("\0", "").replace("\"", "\"\"") + '"';
  }

  /** A text literal; the session has standard_conforming_strings on. */
  public static String literal(String text) {
    return "'" + text.replace("\0", "").replace("'", "''") + "'";
  }
}
