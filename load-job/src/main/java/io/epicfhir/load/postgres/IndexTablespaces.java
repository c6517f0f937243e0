package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.session.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The tablespaces of a table's indexes: a new index goes where an administrator put those that the
 * table has. Without any, or without the right to make one there, it goes where the loader's go.
 *
 * @param indexes those that the table has
 */
record IndexTablespaces(List<Place> indexes) {
  private static final String SET = "SET LOCAL default_tablespace = ";

  /**
   * Where an index lies.
   *
   * @param column its first one; empty where that is an expression
   * @param tablespace its name; empty for the database's own
   * @param open whether the loader may make an index there
   */
  record Place(String index, String column, String tablespace, boolean open) {}

  /**
   * Of a table.
   *
   * @param table schema and name, quoted
   */
  static IndexTablespaces of(Connection connection, String table) throws SQLException {
    String sql =
        """
        SELECT o.relname, coalesce(a.attname, ''), coalesce(s.spcname, ''),
          o.reltablespace = 0 OR has_tablespace_privilege(o.reltablespace, 'CREATE')
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = o.reltablespace
        WHERE i.indrelid = to_regclass(%s) ORDER BY i.indexrelid"""
            .formatted(literal(table));
    List<Place> places = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      while (found.next()) {
        places.add(
            new Place(
                found.getString(1), found.getString(2), found.getString(3), found.getBoolean(4)));
      }
    }
    return new IndexTablespaces(places);
  }

  /**
   * What makes an index where one of this name is, to be sent before it in its transaction; nothing
   * where there is none.
   */
  List<String> ofIndex(String name) {
    return statement(indexes.stream().filter(place -> place.index().equals(name)).findFirst());
  }

  /** The statement that makes such an index later, and in a line before it, where. */
  String later(String name, String create) {
    return Stream.concat(ofIndex(name).stream(), Stream.of(create))
        .collect(Collectors.joining(";\n"));
  }

  /** What such a text makes. */
  static String create(String later) {
    return later.startsWith(SET) ? later.substring(later.indexOf('\n') + 1) : later;
  }

  /**
   * The statements of such a text, as the database is now: a tablespace that is gone, or closed to
   * the loader, keeps no index from coming back.
   */
  static List<String> again(Connection connection, String later) throws SQLException {
    String create = create(later);
    if (create.equals(later)) {
      return List.of(create);
    }
    String set = later.substring(0, later.indexOf(";\n"));
    String open =
        """
        SELECT count(*) FROM pg_catalog.pg_tablespace
        WHERE spcname = %s AND has_tablespace_privilege(oid, 'CREATE')"""
            .formatted(set.substring(SET.length()));
    boolean ofDatabase = set.endsWith(" = ''");
    return ofDatabase || Sql.number(connection, open) > 0 ? List.of(set, create) : List.of(create);
  }

  /**
   * As {@link #ofIndex}, of a new index: where one of its column is, else where all of the table's
   * are.
   */
  List<String> ofColumn(String column) {
    Optional<Place> same =
        indexes.stream().filter(place -> place.column().equals(column)).findFirst();
    Set<String> spaces = new HashSet<>();
    indexes.forEach(place -> spaces.add(place.tablespace()));
    return statement(same.isPresent() || spaces.size() > 1 ? same : indexes.stream().findFirst());
  }

  private static List<String> statement(Optional<Place> place) {
    return place
        .filter(Place::open)
        .map(found -> List.of(SET + literal(found.tablespace())))
        .orElse(List.of());
  }
}
