package io.epicfhir.common.optout;

/**
 * The columns of views' tables that hold ids, and of which resource type the ids probably are: by
 * the column's name (patient_id, performer_organization_id), and of id and _resource_id by the
 * table's, which begins with the type (patient_name). A site may call its tables and columns as it
 * likes, so a name is a guess: see {@link #isCertain}.
 */
public final class KeyColumns {
  private static final String SUFFIX = "_id";

  /** A shorter id whose type is not known may be any number. */
  private static final int LONG = 8;

  private KeyColumns() {}

  /** Whether a column holds ids of resources. */
  public static boolean isKey(String column) {
    return isOwn(column) || column.endsWith(SUFFIX);
  }

  /** Whether it holds the id of the resource that the row is of. */
  public static boolean isOwn(String column) {
    return column.equals("id") || column.equals("_resource_id");
  }

  /** The type of the ids; empty where the names do not say it. */
  public static String type(String table, String column) {
    if (isOwn(column)) {
      return first(table);
    }
    return column.endsWith(SUFFIX)
        ? last(column.substring(0, column.length() - SUFFIX.length()))
        : "";
  }

  /**
   * Whether an id is of the type that the names say, and of no other: either the table or column
   * has exactly the type's name, or the id is so short that other types may have it, too. A person
   * is a patient in many data models.
   */
  public static boolean isCertain(String table, String column, String id) {
    String type = type(table, column);
    if (type.isEmpty()) {
      return false;
    }
    String named = isOwn(column) ? table : column.substring(0, column.length() - SUFFIX.length());
    boolean whole = FhirTypes.ofWords(named).equals(type) && !type.equals("Person");
    return whole || !KeyTokens.isUnique(id);
  }

  /** Whether an id of unknown type can be no small number. */
  static boolean isLong(String id) {
    return id.length() >= LONG;
  }

  private static String first(String table) {
    for (String rest = table; !rest.isEmpty(); rest = upTo(rest, rest.lastIndexOf('_'))) {
      String type = FhirTypes.ofWords(rest);
      if (!type.isEmpty()) {
        return type;
      }
    }
    return "";
  }

  private static String upTo(String text, int end) {
    return end < 0 ? "" : text.substring(0, end);
  }

  private static String last(String role) {
    for (String rest = role; !rest.isEmpty(); rest = after(rest, rest.indexOf('_'))) {
      String type = FhirTypes.ofWords(rest);
      if (!type.isEmpty()) {
        return type;
      }
    }
    return role.equals("subject") || role.equals("beneficiary") ? "Patient" : "";
  }

  private static String after(String text, int at) {
    return at < 0 ? "" : text.substring(at + 1);
  }
}
