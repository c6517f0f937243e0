package io.epicfhir.common.optout;

/**
 * The columns of views' tables that hold ids, and of which resource type the ids are. A column says
 * it by its name (patient_id, performer_organization_id); id and _resource_id by the table's, which
 * begins with the type (patient_name).
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
