package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;
import static io.epicfhir.load.sql.Identifiers.quoted;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.spi.TableShape;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Facts about the rows of the tables that are read: for each column the share without a value, and
 * of how many rows the patient is there. Figures only.
 *
 * @param schema where the tables are
 * @param notes called for tables that cannot be read just now
 */
record TableFacts(String schema, PostgresSession session, Consumer<String> notes) {
  private static final String PATIENT_ID = "patient_id";

  /** A larger table is sampled by about so many bytes of pages, the same ones each time. */
  private static final long SAMPLE_BYTES = 24L << 20;

  /** What a share is rounded to. */
  private static final double MILLIONTHS = 1e6;

  /** By view, what goes into its answer: {@code null_share}, and {@code patients} where it can. */
  Map<String, Map<String, Object>> of(List<TableShape> views) throws SQLException {
    // Rows that row security hides would be missing in every figure: an error then.
    session.execute("SET row_security = off");
    try {
      return shown(views);
    } finally {
      session.execute("RESET row_security");
    }
  }

  private Map<String, Map<String, Object>> shown(List<TableShape> views) throws SQLException {
    Map<String, Map<String, Object>> facts = new HashMap<>();
    for (TableShape view : views) {
      Map<String, Object> own = new LinkedHashMap<>();
      unlessHeld(view.name(), () -> own.put("null_share", nullShare(view)));
      facts.put(view.name(), own);
    }
    unlessHeld("patient", () -> patients(views, facts));
    return facts;
  }

  /** A look at a table. */
  private interface Look {
    void look() throws SQLException;
  }

  /** These are figures only: nobody waits for them. */
  private void unlessHeld(String view, Look look) throws SQLException {
    try {
      look.look();
    } catch (SQLException e) {
      PostgresFailure failure = PostgresFailure.of(e, "look at " + schema + "." + view);
      if (failure.kind() == PostgresFailure.Kind.BROKEN) {
        throw e;
      }
      notes.accept(
          failure.kind() == PostgresFailure.Kind.BUSY
              ? "%s.%s is locked by another session, so its shares of nulls and its patients were not checked"
                  .formatted(schema, view)
              : "%s.%s: its shares of nulls and its patients could not be checked (SQLSTATE %s)"
                  .formatted(schema, view, failure.sqlState()));
    }
  }

  /**
   * By column, none for an empty table. Not by the planner's statistics: those of a table that was
   * changed in its place are of before, and to make them anew takes twenty times as long.
   */
  private Map<String, Double> nullShare(TableShape view) throws SQLException {
    String table = quoted(schema, view.name());
    // Of a partitioned table nothing; its rows are its partitions'.
    long bytes =
        session.number(
            "SELECT CASE relkind WHEN 'p' THEN -1 ELSE pg_relation_size(oid) END FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)"
                .formatted(literal(table)));
    String counts =
        view.columns().stream()
            .map(column -> "count(" + quoted(column.name()) + ")")
            .collect(Collectors.joining(", "));
    Map<String, Double> shares = new LinkedHashMap<>();
    try (Statement statement = session.connection().createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT count(*), %s FROM %s TABLESAMPLE SYSTEM (%s) REPEATABLE (0)"
                    .formatted(counts, bytes < 0 ? table : "ONLY " + table, percent(bytes)))) {
      found.next();
      long rows = found.getLong(1);
      for (int i = 0; rows > 0 && i < view.columns().size(); i++) {
        long without = rows - found.getLong(i + 2);
        double share = Math.round((double) without / rows * MILLIONTHS) / MILLIONTHS;
        shares.put(view.columns().get(i).name(), share);
      }
    }
    return shares;
  }

  /** How much of a table of so many bytes is looked at. */
  static String percent(long bytes) {
    double percent = bytes <= SAMPLE_BYTES ? 100 : 100.0 * SAMPLE_BYTES / bytes;
    return String.format(Locale.ROOT, "%.6f", percent);
  }

  private void patients(List<TableShape> views, Map<String, Map<String, Object>> facts)
      throws SQLException {
    List<TableShape> ofPatients = views.stream().filter(TableFacts::namesPatients).toList();
    if (ofPatients.isEmpty() || !patientsAreThere()) {
      return;
    }
    String known = StandingSql.from(session.connection(), quoted(schema, "patient"));
    List<String> counts = new ArrayList<>();
    for (TableShape view : ofPatients) {
      String rows = StandingSql.from(session.connection(), quoted(schema, view.name()));
      counts.add(countPatients(view, rows, known));
    }
    try (Statement statement = session.connection().createStatement();
        ResultSet found = statement.executeQuery(String.join(" UNION ALL ", counts))) {
      while (found.next()) {
        Map<String, Long> patients = new LinkedHashMap<>();
        patients.put("rows", found.getLong(2));
        patients.put("known", found.getLong(3));
        facts.get(found.getString(1)).put("patients", patients);
      }
    }
  }

  private static boolean namesPatients(TableShape view) {
    return view.columns().stream()
        .anyMatch(column -> column.name().equals(PATIENT_ID) && !column.collection());
  }

  private boolean patientsAreThere() throws SQLException {
    return session.number(
            """
            SELECT count(*) FROM pg_catalog.pg_attribute
            WHERE attrelid = to_regclass(%s) AND attname = 'id' AND NOT attisdropped"""
                .formatted(literal(quoted(schema, "patient"))))
        == 1;
  }

  private static String countPatients(TableShape view, String rows, String known) {
    return """
        SELECT %s, count(*), count(p.id) FROM %s t
        LEFT JOIN (SELECT DISTINCT id::text AS id FROM %s) p ON p.id = t.%s::text
        WHERE t.%4$s IS NOT NULL"""
        .formatted(literal(view.name()), rows, known, quoted(PATIENT_ID));
  }
}
