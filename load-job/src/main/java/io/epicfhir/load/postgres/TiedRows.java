package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tables whose new rows refer to each other, in one transaction: rows come before those that refer
 * to them, and go after those that referred to them.
 */
final class TiedRows {
  private final PostgresLoad load;
  private final List<Target.Tied> tables;
  private final List<RowsInPlace> rows = new ArrayList<>();
  private final Set<Integer> whole = new HashSet<>();

  /** Those that take part, in order. */
  private final List<Integer> active = new ArrayList<>();

  /** Whose step is under way, and whether rows come in it. */
  private int current;

  private boolean coming;

  /**
   * @param tables in the order of {@link Neighbours#groups}
   */
  TiedRows(PostgresLoad load, List<Target.Tied> tables) {
    this.load = load;
    this.tables = tables;
  }

  /** The tables' names, for people. */
  @Override
  public String toString() {
    return tables.stream()
        .map(one -> load.nameOf(one.request().view()))
        .collect(Collectors.joining(", "));
  }

  /** Loads them; in the same order, how, or empty for one that is left out. */
  List<Optional<Target.TiedResult>> load() throws SQLException {
    rows.clear(); // of a try whose session was lost
    whole.clear();
    active.clear();
    for (int i = 0; i < tables.size(); i++) {
      rows.add(staged(i));
      active.add(i);
    }
    for (boolean done = false; !done; ) {
      try {
        load.patiently(toString(), tables.get(0).request().patience(), this::take);
        done = true;
      } catch (ChangesInPlace.DoesNotAddUp e) {
        replaceAll(current, "");
      } catch (PostgresFailure e) {
        another(e);
      }
    }
    List<Optional<Target.TiedResult>> results = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      if (active.contains(i)) {
        rows.get(i).committed();
      }
      results.add(
          active.contains(i)
              ? Optional.of(new Target.TiedResult(rows.get(i).result(), whole.contains(i)))
              : Optional.empty());
    }
    return results;
  }

  private RowsInPlace staged(int table) throws SQLException {
    Target.Tied tied = tables.get(table);
    if (tied.changes().isEmpty() || tied.before().isEmpty()) {
      return replacing(table, "");
    }
    try {
      return ChangesInPlace.staged(
          load, tied.request(), tied.changes().get(), tied.before().get().at());
    } catch (PostgresFailure e) {
      if (new ChangeRows(load).isOfTheRows(e)) {
        return replacing(table, e.damage());
      }
      throw e;
    }
  }

  /**
   * All rows of a table: not without a look at those that are there, as somebody else may have
   * changed them.
   *
   * @param damage why they could not be read; empty where they could
   */
  private RowsInPlace replacing(int table, String damage) throws SQLException {
    Target.Tied tied = tables.get(table);
    ViewSnapshot view = tied.request().view();
    whole.add(table);
    Optional<Target.Standing> looked =
        tied.before().isEmpty()
            ? Optional.empty()
            : new StandingCheck(load, load.state(), load.session()).read(view.shape());
    if (!damage.isEmpty()) {
      looked = looked.map(standing -> standing.damaged(damage));
    }
    return WholeInPlace.staged(load, tied.whole().apply(looked), load.standing(view.name()));
  }

  private void replaceAll(int table, String damage) throws SQLException {
    rows.set(table, replacing(table, damage));
  }

  /** One transaction. */
  private void take(Connection connection) throws SQLException {
    each(connection, RowsInPlace::begin, active);
    coming = true;
    each(connection, RowsInPlace::come, active);
    coming = false;
    List<Integer> backwards = new ArrayList<>(active);
    Collections.reverse(backwards);
    each(connection, RowsInPlace::go, backwards);
    each(connection, RowsInPlace::end, active);
  }

  /** A step of a table. */
  private interface Step {
    void on(RowsInPlace rows, Connection connection) throws SQLException;
  }

  private void each(Connection connection, Step step, List<Integer> order) throws SQLException {
    for (int table : order) {
      current = table;
      step.on(rows.get(table), connection);
    }
  }

  /** Prepares another try after this failure, where one may work. */
  private void another(PostgresFailure e) throws SQLException {
    boolean refersToNone =
        coming && new Neighbours(load.state()).areAwaited(load.session().connection(), e);
    coming = false;
    if (refersToNone && active.size() > 2) {
      // What its rows refer to comes before them, so no other table can help it.
      active.remove(Integer.valueOf(current));
      return;
    }
    if (rows.get(current).adapts(e)) {
      return;
    }
    if (whole.contains(current) || !new ChangeRows(load).isOfTheRows(e)) {
      throw e;
    }
    replaceAll(current, e.damage());
  }
}
