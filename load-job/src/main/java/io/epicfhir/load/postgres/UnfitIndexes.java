package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The indexes of a table that do not take its new rows, where these are written in their place. A
 * B-tree says which index it is; others, and expressions, only say that it did not work: then each
 * index is made on the rows that lie in the staging table.
 */
record UnfitIndexes(PostgresLoad load, ViewSnapshot view, RowsSql sql) {
  private static final String UNIQUE_VIOLATION = "23505";

  /** Those that the failure is about; none where it is about something else. */
  Set<String> of(PostgresFailure e, StandingTable table) throws SQLException {
    String read = load.read(view.name());
    Set<String> found = new LinkedHashSet<>();
    if (!e.constraint().isEmpty()
        && load.session().number(index(read, e.constraint(), "count(*)")) > 0) {
      if (e.sqlState().equals(UNIQUE_VIOLATION) && !table.referenced().isEmpty()) {
        throw e; // a foreign key may need it, and rows that swap their values break it only halfway
      }
      found.add(e.constraint());
    } else if (e.sqlState().startsWith("54") || e.sqlState().startsWith("22")) {
      tried(read, found);
    }
    return found;
  }

  private void tried(String read, Set<String> found) throws SQLException {
    PostgresSession session = load.session();
    for (FoundIndex index : FoundIndex.of(session.connection(), read)) {
      String name = Identifiers.role("index that is tried");
      try {
        session.execute(
            index.create(name, sql.staged()),
            "DROP INDEX " + Identifiers.quoted(sql.staging()) + "." + name);
      } catch (SQLException e) {
        if (String.valueOf(e.getSQLState()).matches("(22|54).*")) {
          found.add(index.name());
        }
      }
    }
  }

  /** The statement that takes it from the table. */
  static String drop(Connection connection, String read, String name) throws SQLException {
    String drop =
        """
        CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid
            AND k.contype IN ('p', 'u', 'x'))
          THEN format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, o.relname)
          ELSE format('DROP INDEX %s', i.indexrelid::regclass) END""";
    return Sql.texts(connection, index(read, name, drop)).get(0);
  }

  /** The statement that makes it again. */
  static String create(Connection connection, String read, String name) throws SQLException {
    String create =
        """
        coalesce((SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass,
            k.conname, pg_get_constraintdef(k.oid)) FROM pg_catalog.pg_constraint k
          WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')),
          pg_get_indexdef(i.indexrelid))""";
    return Sql.texts(connection, index(read, name, create)).get(0);
  }

  private static String index(String read, String name, String what) {
    return """
        SELECT %s FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid
        WHERE i.indrelid = to_regclass(%s) AND o.relname = %s"""
        .formatted(what, literal(read), literal(name));
  }
}
