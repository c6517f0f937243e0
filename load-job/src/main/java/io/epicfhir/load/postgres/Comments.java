package io.epicfhir.load.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.load.postgres.state.LastLoad;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** Comments of a table (under the empty name) and of its columns, as they are and as they were. */
final class Comments {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Comments() {}

  /**
   * Those that are there.
   *
   * @param query {@link TableSql#foundComments}
   * @return null where there is no table
   */
  static Map<String, String> of(Connection connection, String query) throws SQLException {
    Map<String, String> found = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet comments = statement.executeQuery(query)) {
      while (comments.next()) {
        found.put(comments.getString(1), comments.getString(2));
      }
    }
    return found.size() == 1 ? null : found; // no column: there is no table
  }

  /** For the state of a load. */
  static String json(Map<String, String> comments) {
    try {
      return JSON.writeValueAsString(comments);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write comments as JSON", e);
    }
  }

  /** Those that a load wrote; null where that is not known. */
  @SuppressWarnings("unchecked") // what json() wrote
  static Map<String, String> written(LastLoad last) {
    try {
      return last.comments() == null ? null : JSON.readValue(last.comments(), Map.class);
    } catch (JsonProcessingException e) {
      return null; // somebody else wrote it; that is as if it were not known
    }
  }
}
