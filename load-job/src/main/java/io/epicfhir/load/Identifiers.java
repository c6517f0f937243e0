package io.epicfhir.load;

import java.util.regex.Pattern;

/** Names of tables and columns as SQL: checked, then quoted, so that they stand as written. */
final class Identifiers {
  /** PostgreSQL cuts a longer name off without an error. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");

  private Identifiers() {}

  /**
   * The name itself.
   *
   * @throws IllegalArgumentException with what is allowed
   */
  static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "at most 63 letters, digits and _, the first one not a digit");
    }
    return name;
  }

  static boolean valid(String name) {
    return NAME.matcher(name).matches();
  }

  static String quoted(String name) {
    return '"' + checked(name) + '"';
  }

  static String quoted(String schema, String table) {
    return quoted(schema) + "." + quoted(table);
  }

  /** A role's name, quoted; a role may be called anything. */
  static String role(String name) {
    return '"' + name.replace("\0", "").replace("\"", "\"\"") + '"';
  }

  /** A text literal; the session has standard_conforming_strings on. */
  static String literal(String text) {
    return "'" + text.replace("\0", "").replace("'", "''") + "'";
  }
}
