package io.epicfhir.load.postgres.state;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.session.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a load leaves, so that the next one notices changes by somebody else. PostgreSQL notes in
 * each row which transaction wrote it, and keeps that through VACUUM, CLUSTER, crashes and base
 * backups: an UPDATE, a COPY of an old dump, a rewrite by ALTER TABLE leave rows of transactions
 * that no load was. (The statistics of inserts and updates are lost by a crash, and can be reset.)
 *
 * @param relation the table's oid
 * @param columns number, name and type of each column, a line each
 * @param writers how many rows are of which transaction
 * @param rows how many rows there are
 */
public record TableMark(long relation, String columns, String writers, long rows) {
  /** A column's line: its name may have spaces. */
  private static final Pattern COLUMN = Pattern.compile("\\d+ (.*) \\d+ -?\\d+");

  /**
   * Reads all rows' heads.
   *
   * @param table schema and name, quoted
   */
  public static TableMark of(Connection connection, String table) throws SQLException {
    return of(connection, table, table);
  }

  /**
   * Reads all rows' heads.
   *
   * @param table schema and name, quoted
   * @param from where its rows are, for a FROM
   */
  public static TableMark of(Connection connection, String table, String from) throws SQLException {
    return counting(connection, table, from, "false").mark();
  }

  /**
   * A mark, and what was counted on the way.
   *
   * @param counted of how many rows the condition holds
   */
  public record Counting(TableMark mark, long counted) {}

  /**
   * Reads all rows' heads, and counts rows meanwhile: to read a large table takes long.
   *
   * @param table schema and name, quoted
   * @param from where its rows are, for a FROM
   * @param condition which rows to count, for a WHERE
   */
  public static Counting counting(
      Connection connection, String table, String from, String condition) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT to_regclass(%2$s)::oid::bigint,
                  (SELECT string_agg(concat_ws(' ', attnum, attname, atttypid, atttypmod),
                      chr(10) ORDER BY attnum)
                    FROM pg_catalog.pg_attribute
                    WHERE attrelid = to_regclass(%2$s) AND attnum > 0 AND NOT attisdropped),
                  coalesce(string_agg(writer || ':' || n, ' ' ORDER BY writer), ''),
                  coalesce(sum(n), 0), coalesce(sum(counted), 0)
                FROM (SELECT xmin::text AS writer, count(*) AS n,
                    count(*) FILTER (WHERE %3$s) AS counted FROM %1$s GROUP BY xmin) w"""
                    .formatted(from, literal(table), condition))) {
      found.next();
      TableMark mark =
          new TableMark(found.getLong(1), found.getString(2), found.getString(3), found.getLong(4));
      return new Counting(mark, found.getLong(5));
    }
  }

  /**
   * Whether only the transaction on this connection changed rows since an earlier mark.
   *
   * @param before the earlier mark
   * @param came how many rows the transaction wrote, updates among them
   * @param went how many rows of before it deleted or updated
   */
  public boolean isOnlyChangedHere(Connection connection, TableMark before, long came, long went)
      throws SQLException {
    String here = String.valueOf(Sql.number(connection, "SELECT txid_current() % 4294967296"));
    Map<String, Long> now = rowsByWriter();
    Map<String, Long> then = before.rowsByWriter();
    long mine = now.getOrDefault(here, 0L);
    now.remove(here);
    return before.isSameTable(this)
        && mine == came
        && rows - mine == before.rows - went
        && now.entrySet().stream()
            .allMatch(writer -> writer.getValue() <= then.getOrDefault(writer.getKey(), 0L));
  }

  private Map<String, Long> rowsByWriter() {
    return Arrays.stream(writers.split(" "))
        .filter(writer -> !writer.isEmpty())
        .map(writer -> writer.split(":"))
        .collect(Collectors.toMap(writer -> writer[0], writer -> Long.valueOf(writer[1])));
  }

  /** Whether the table had this column. */
  public boolean has(String column) {
    return columns
        .lines()
        .map(COLUMN::matcher)
        .anyMatch(m -> m.matches() && m.group(1).equals(column));
  }

  /** Whether the table is still what this mark was taken of; columns may have come. */
  public boolean stillHolds(TableMark now) {
    return isSameTable(now) && writers.equals(now.writers());
  }

  private boolean isSameTable(TableMark now) {
    Set<String> there = new HashSet<>(Arrays.asList(now.columns().split("\n")));
    return relation == now.relation() && there.containsAll(Arrays.asList(columns.split("\n")));
  }
}
