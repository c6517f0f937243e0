package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.quoted;

import io.epicfhir.common.query.QueryRefused;
import io.epicfhir.common.query.SqlQuery;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.sql.NamedParameters;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/** A query on the loaded tables, in a transaction that can only read. */
public final class PostgresQuery {
  private static final int ROWS_AT_ONCE = 1000;

  private final Connection connection;
  private final String schema;

  /**
   * On this connection.
   *
   * @param schema where the loaded tables are
   */
  public PostgresQuery(Connection connection, String schema) {
    this.connection = connection;
    this.schema = schema;
  }

  /** Takes the rows; they are gone when it returns. */
  public interface Rows<T> {
    T take(ResultSetMetaData columns, Iterator<List<Object>> rows) throws SQLException;
  }

  /**
   * Runs it.
   *
   * @param values to bind, by parameter
   * @throws QueryRefused where it is not one statement, or PostgreSQL does not take it
   */
  public <T> T run(SqlQuery query, Map<String, Object> values, Rows<T> rows) throws SQLException {
    NamedParameters named = NamedParameters.of(query.sql());
    if (named.statements() != 1) {
      throw new QueryRefused(
          query.name(), "it has %d statements; write exactly one".formatted(named.statements()));
    }
    Set<String> unknown = new LinkedHashSet<>(named.names());
    unknown.removeAll(values.keySet());
    if (!unknown.isEmpty()) {
      throw new QueryRefused(
          query.name(), "these parameters are not declared: " + String.join(", ", unknown));
    }
    connection.setAutoCommit(false);
    try {
      label(query);
      try (PreparedStatement statement = connection.prepareStatement(named.sql())) {
        statement.setFetchSize(ROWS_AT_ONCE);
        for (int i = 0; i < named.names().size(); i++) {
          Object value = values.get(named.names().get(i));
          if (value == null) {
            statement.setNull(i + 1, Types.NULL);
          } else {
            statement.setObject(i + 1, value);
          }
        }
        if (!statement.execute()) {
          throw new QueryRefused(query.name(), "it returns no rows; a query must be a SELECT");
        }
        try (ResultSet found = statement.getResultSet()) {
          return rows.take(found.getMetaData(), new RowIterator(found));
        }
      }
    } catch (SQLException e) {
      // The server's words may quote a value; its code and the position do not.
      throw new QueryRefused(
          query.name(),
          "PostgreSQL rejects it (SQLSTATE " + e.getSQLState() + "); try the SQL in psql");
    } finally {
      connection.rollback();
    }
  }

  /**
   * The names that the statement has for tables: its other labels first, which are views of this
   * session, then the schema.
   */
  private void label(SqlQuery query) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (Map.Entry<String, String> table : query.tables().entrySet()) {
        if (!table.getKey().equals(table.getValue())) {
          statement.execute(
              "CREATE TEMPORARY VIEW %s AS SELECT * FROM %s"
                  .formatted(quoted(table.getKey()), quoted(schema, table.getValue())));
        }
      }
      statement.execute("SET LOCAL search_path = pg_temp, " + quoted(schema));
      statement.execute("SET TRANSACTION READ ONLY");
    }
  }

  /** Rows as lists; an array is a list in its row. */
  private static final class RowIterator implements Iterator<List<Object>> {
    private final ResultSet found;
    private Boolean next;

    RowIterator(ResultSet found) {
      this.found = found;
    }

    @Override
    public boolean hasNext() {
      try {
        if (next == null) {
          next = found.next();
        }
        return next;
      } catch (SQLException e) {
        throw new PostgresFailure(
            PostgresFailure.Kind.BROKEN,
            "Cannot read all rows of the query: SQLSTATE " + e.getSQLState() + "; run it again");
      }
    }

    @Override
    public List<Object> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      next = null;
      try {
        List<Object> row = new ArrayList<>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
          Object value = found.getObject(i);
          row.add(
              value instanceof Array array ? Arrays.asList((Object[]) array.getArray()) : value);
        }
        return row;
      } catch (SQLException e) {
        throw new PostgresFailure(
            PostgresFailure.Kind.BROKEN,
            "Cannot read a row of the query: SQLSTATE " + e.getSQLState() + "; run it again");
      }
    }
  }
}
