package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LeftOut;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;

/** Indexes of others that rows did not fit: they come back as soon as rows do. */
record LeftOutIndexes(PostgresLoad load) {

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
      } else if (made(view, one.getValue())) {
        leftOut.remove(load.session().connection(), view, name);
        load.notes().accept("%s.%s has %s again".formatted(load.settings().schema(), view, name));
      }
    }
  }

  /** Whether somebody made one like it. */
  private boolean stands(String view, String definition) throws SQLException {
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

  /** Whether it need not be tried again. */
  private boolean made(String view, String definition) throws SQLException {
    try {
      load.session()
          .transaction(
              connection -> {
                String timeout =
                    "SET LOCAL lock_timeout = " + load.settings().swapTimeout().toMillis();
                Sql.execute(connection, timeout, definition);
              });
      return true;
    } catch (SQLException e) {
      PostgresFailure failure = PostgresFailure.of(e, "make an index of " + view);
      if (failure.kind() == PostgresFailure.Kind.BROKEN) {
        throw failure;
      }
      // The name, or the primary key, is another one's now; or its column is gone.
      return Set.of("42P07", "42710", "42P16", "42703").contains(failure.sqlState());
    }
  }
}
