package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LeftOut;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;

/** Indexes of others that rows did not fit: they come back as soon as rows do. */
record LeftOutIndexes(PostgresLoad load) {
  /** Why one can never come back, by SQLSTATE. */
  private static final Map<String, String> GONE =
      Map.of(
          "42P07", "another table or index has its name",
          "42710", "another table or index has its name",
          "42P16", "the table has another primary key",
          "42703", "its column is gone");

  /** Tells of those that earlier loads left out. */
  void tell() throws SQLException {
    new LeftOut(load.state())
        .all(load.session().connection())
        .forEach(
            (view, names) ->
                load.notes()
                    .accept(
                        "%s.%s lacks %s, because the rows of an earlier load violated it. Each load that writes the table tries to create it again; correct the rows at the source."
                            .formatted(load.settings().schema(), view, names)));
  }

  /** Tries them on new rows, once these are committed. */
  void tryAgain(String view) throws SQLException {
    LeftOut leftOut = new LeftOut(load.state());
    Map<String, String> missing = leftOut.of(load.session().connection(), view);
    for (Map.Entry<String, String> one : missing.entrySet()) {
      String name = one.getKey();
      if (stands(view, one.getValue())) {
        leftOut.remove(load.session().connection(), view, name);
        continue;
      }
      Optional<String> note = tried(view, name, one.getValue());
      if (note.isPresent()) {
        leftOut.remove(load.session().connection(), view, name);
        load.notes().accept(note.get());
      }
    }
  }

  /** Whether somebody made one like it. */
  private boolean stands(String view, String later) throws SQLException {
    String definition = IndexTablespaces.create(later);
    int using = definition.indexOf(" USING ");
    String unique = definition.startsWith("CREATE UNIQUE ") ? "" : "NOT ";
    return definition.startsWith("CREATE ")
        && using > 0
        && load.session()
                .number(
                    """
                    SELECT count(*) FROM pg_catalog.pg_index i
                    WHERE i.indrelid = to_regclass(%s) AND %s i.indisunique
                      AND substr(pg_get_indexdef(i.indexrelid),
                        strpos(pg_get_indexdef(i.indexrelid), ' USING ')) = %s"""
                        .formatted(
                            literal(load.read(view)), unique, literal(definition.substring(using))))
            > 0;
  }

  /** What became of it; empty where a later load may have more success. */
  private Optional<String> tried(String view, String name, String definition) throws SQLException {
    String table = load.settings().schema() + "." + view;
    try {
      load.session()
          .transaction(
              connection -> {
                String timeout =
                    "SET LOCAL lock_timeout = " + load.settings().swapTimeout().toMillis();
                Sql.execute(connection, timeout);
                Sql.execute(connection, IndexTablespaces.again(connection, definition));
              });
      return Optional.of("%s has %s again".formatted(table, name));
    } catch (SQLException e) {
      PostgresFailure failure = PostgresFailure.of(e, "make an index of " + view);
      if (failure.kind() == PostgresFailure.Kind.BROKEN) {
        throw failure;
      }
      return Optional.ofNullable(GONE.get(failure.sqlState()))
          .map(
              why ->
                  "Cannot create the index %s of %s again: %s. If it is still needed, create it yourself."
                      .formatted(name, table, why));
    }
  }
}
