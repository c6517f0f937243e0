package io.epicfhir.transform.views;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a table may be in PostgreSQL, the target: found when its definition is read, not when it is
 * loaded. See <a href="https://www.postgresql.org/docs/current/limits.html">PostgreSQL Limits</a>
 * and <a href="https://www.postgresql.org/docs/current/ddl-system-columns.html">System Columns</a>.
 */
public final class TargetLimits {
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
    problem(view, columns.stream().map(ViewColumn::name).toList())
        .ifPresent(
            problem -> {
              throw ViewException.invalid("Cannot compile view " + view + ": " + problem);
            });
  }

  /** Why names cannot be a table's and its columns', or empty where they can. */
  public static Optional<String> problem(String table, List<String> columns) {
    if (tooLong(table)) {
      return Optional.of("its name is longer than " + NAME_BYTES + " bytes; shorten it");
    }
    if (columns.size() > COLUMNS) {
      return Optional.of(
          "it has "
              + columns.size()
              + " columns, but a table can have only "
              + COLUMNS
              + "; split it into two views");
    }
    Set<String> names = new HashSet<>();
    return columns.stream().flatMap(column -> column(column, names).stream()).findFirst();
  }

  private static Optional<String> column(String column, Set<String> names) {
    String lower = column.toLowerCase(Locale.ROOT);
    if (SYSTEM_COLUMNS.contains(lower)) {
      return Optional.of(
          "every table has a system column " + lower + " already; rename the column");
    }
    if (tooLong(column)) {
      return Optional.of(
          "the column " + column + " is longer than " + NAME_BYTES + " bytes; shorten it");
    }
    return names.add(lower)
        ? Optional.empty()
        : Optional.of(
            "the column "
                + column
                + " occurs twice; column names that differ only in case are the same");
  }

  private static boolean tooLong(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length > NAME_BYTES;
  }
}
