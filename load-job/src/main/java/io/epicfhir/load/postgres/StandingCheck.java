package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.state.LastLoad;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Looks whether a table still is what the last load made of it. */
final class StandingCheck {
  private final PostgresLoad load;
  private final LoadState state;
  private final PostgresSession session;

  StandingCheck(PostgresLoad load, LoadState state, PostgresSession session) {
    this.load = load;
    this.state = state;
    this.session = session;
  }

  /** As {@link Target#standing}. */
  Optional<Target.Standing> of(ViewSnapshot view) throws SQLException {
    TableShape shape = view.shape();
    Optional<LastLoad> news =
        state
            .last(session.connection(), shape.name())
            .filter(last -> last.mark().isPresent() && !last.at().equals(view.at()));
    if (news.isEmpty()) {
      return read(shape);
    }
    StandingTable table = load.standing(shape.name());
    return table.exists()
        ? news.map(last -> standing(last, last.rows(), table.has(shape), true, ""))
        : Optional.empty();
  }

  /** With a look at the rows; empty where there is no table, or none that was loaded. */
  Optional<Target.Standing> read(TableShape shape) throws SQLException {
    StandingTable table = load.standing(shape.name());
    Optional<LastLoad> last = state.last(session.connection(), shape.name());
    if (!table.exists() || last.isEmpty()) {
      return Optional.empty();
    }
    String read = load.read(shape.name());
    TableMark[] now = new TableMark[1];
    try {
      session.transaction(
          connection ->
              PostgresLoad.seeing(
                  connection, table, read, c -> now[0] = TableMark.of(c, read, table.from(read))));
    } catch (SQLException e) {
      if (!PostgresFailure.isDamage(e.getSQLState())) {
        throw e;
      }
      String damage = PostgresFailure.of(e, "read " + read).damage();
      return last.map(l -> standing(l, l.rows(), table.has(shape), false, damage));
    }
    return last.map(
        l ->
            standing(
                l,
                now[0].rows(),
                table.has(shape),
                l.mark().filter(mark -> mark.stillHolds(now[0])).isPresent(),
                ""));
  }

  private static Target.Standing standing(
      LastLoad last, long counted, boolean fits, boolean untouched, String damage) {
    return new Target.Standing(
        last.at(),
        last.rows(),
        counted,
        fits,
        untouched,
        last.loadedAt(),
        last.verifiedAt(),
        damage);
  }

  /** By view, that another table's load changed its table after it was loaded. */
  Map<String, String> changedByOthers(List<TableShape> loaded, Set<String> changed)
      throws SQLException {
    if (changed.isEmpty()) {
      return Map.of();
    }
    Map<String, String> tied = new Neighbours(state).tied(session.connection(), changed);
    Map<String, String> why = new HashMap<>();
    for (TableShape shape : loaded) {
      String by = tied.get(shape.name());
      if (by != null && read(shape).filter(now -> !now.tampered()).isEmpty()) {
        why.put(
            shape.name(),
            "Cannot keep %s.%s as it was loaded: its rows were changed later in the same run, by the load of another table (through %s) or by someone else. Drop or disable the trigger, or change the foreign key to NO ACTION, then rerun."
                .formatted(load.settings().schema(), shape.name(), by));
      }
    }
    return why;
  }
}
