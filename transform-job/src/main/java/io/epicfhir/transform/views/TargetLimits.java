package io.epicfhir.transform.views;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a view's table may be in PostgreSQL, the target: found when the view is compiled, not when
 * it is loaded. See <a href="https://www.postgresql.org/docs/current/limits.html">PostgreSQL
 * Limits</a> and <a href="https://www.postgresql.org/docs/current/ddl-system-columns.html">System
 * Columns</a>.
 */
final class TargetLimits {
  /** 1,600, of which _resource_id is one. */
  static final int COLUMNS = 1_599;

  /** Longer names are cut off without a word. */
  private static final int NAME_BYTES = 63;

  /** oid is no longer one of them since PostgreSQL 12. */
  private static final Set<String> SYSTEM_COLUMNS =
      Set.of("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid");

  private TargetLimits() {}

  /**
   * Checks a view's names.
   *
   * @throws ViewException of kind VALIDATION where they cannot be a table's
   */
  static void check(String view, List<ViewColumn> columns) {
    if (tooLong(view)) {
      throw refuse(view, "its name is longer than " + NAME_BYTES + " bytes; shorten it");
    }
    if (columns.size() > COLUMNS) {
      throw refuse(
          view,
          "it has "
              + columns.size()
              + " columns, and a table takes "
              + COLUMNS
              + "; make two views of it");
    }
    Set<String> names = new HashSet<>();
    for (ViewColumn column : columns) {
      String lower = column.name().toLowerCase(Locale.ROOT);
      if (SYSTEM_COLUMNS.contains(lower)) {
        throw refuse(
            view, "every table has a system column " + lower + " already; rename the column");
      }
      if (tooLong(column.name())) {
        throw refuse(
            view,
            "the column " + column.name() + " is longer than " + NAME_BYTES + " bytes; shorten it");
      }
      if (!names.add(lower)) {
        throw refuse(
            view,
            "the column "
                + column.name()
                + " is there twice; upper and lower case do not tell columns apart");
      }
    }
  }

  private static boolean tooLong(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length > NAME_BYTES;
  }

  private static ViewException refuse(String view, String problem) {
    return ViewException.invalid("Cannot compile view " + view + ": " + problem);
  }
}
