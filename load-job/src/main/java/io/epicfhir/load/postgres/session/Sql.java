package io.epicfhir.load.postgres.session;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;

/** The few shapes of statements that a load sends. */
public final class Sql {
  private Sql() {}

  /** A text that may be null, as a statement's value. */
  record Text(String text) {}

  public static Text text(String text) {
    return new Text(text);
  }

  public static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  public static void execute(Connection connection, List<String> statements) throws SQLException {
    execute(connection, statements.toArray(String[]::new));
  }

  /** Statements without an answer, sent without a wait for each one's end. */
  public static void together(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.addBatch(sql);
      }
      statement.executeBatch();
    }
  }

  /** A statement with its values; the caller closes it. */
  public static PreparedStatement prepare(Connection connection, String sql, Object... values)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      if (values[i] instanceof Text text) {
        statement.setObject(i + 1, text.text(), Types.VARCHAR);
      } else {
        statement.setObject(i + 1, values[i]);
      }
    }
    return statement;
  }

  /** How many rows it changed. */
  public static int update(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = prepare(connection, sql, values)) {
      return statement.executeUpdate();
    }
  }

  /** The first column of each row. */
  public static List<String> texts(Connection connection, String query) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(query)) {
      while (found.next()) {
        texts.add(found.getString(1));
      }
    }
    return texts;
  }

  /** The one number or boolean (as 0 or 1) that a query gives. */
  public static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(query)) {
      found.next();
      return found.getLong(1);
    }
  }
}
