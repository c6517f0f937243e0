package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.SQLException;

/** Compares a table with its view, row by row: the view's rows are copied beside it for that. */
final class ContentCheck {
  private final PostgresLoad load;
  private final LoadState state;
  private final PostgresSession session;

  ContentCheck(PostgresLoad load, LoadState state, PostgresSession session) {
    this.load = load;
    this.state = state;
    this.session = session;
  }

  /** Whether they are the same, which is then noted. */
  boolean of(LoadRequest request) throws SQLException {
    ViewSnapshot view = request.view();
    StandingTable table = load.standing(view.name());
    RowsSql sql = load.rowsSql(view, table);
    new TypedCopy(load).copy(request, sql.create(view.shape()));
    boolean same = isSame(view, table, sql);
    session.execute(sql.drop());
    if (same) {
      state.verified(session.connection(), view.name());
    }
    return same;
  }

  /** It reads values that nothing else does, such as those that lie beside their rows. */
  private boolean isSame(ViewSnapshot view, StandingTable table, RowsSql sql) throws SQLException {
    long[] same = new long[1];
    try {
      session.transaction(
          connection ->
              PostgresLoad.seeing(
                  connection,
                  table,
                  load.read(view.name()),
                  c -> same[0] = Sql.number(c, sql.sameRows())));
    } catch (SQLException e) {
      PostgresFailure failure = PostgresFailure.of(e, "read " + load.nameOf(view));
      if (!failure.isDamage()) {
        throw e;
      }
      session.execute(sql.drop());
      throw failure.asTableDamaged();
    }
    return same[0] == 1;
  }
}
