package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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

  /** Whose step is under way. */
  private int current;

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

  /** Loads them; in the same order, how. */
  List<Target.TiedResult> load() throws SQLException {
    rows.clear(); // of a try whose session was lost
    whole.clear();
    for (int i = 0; i < tables.size(); i++) {
      rows.add(staged(i));
    }
    for (boolean done = false; !done; ) {
      try {
        load.patiently(toString(), tables.get(0).request().patience(), this::take);
        done = true;
      } catch (ChangesInPlace.DoesNotAddUp e) {
        replaceAll(current);
      } catch (PostgresFailure e) {
        another(e);
      }
    }
    List<Target.TiedResult> results = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      rows.get(i).committed();
      results.add(new Target.TiedResult(rows.get(i).result(), whole.contains(i)));
    }
    return results;
  }

  private RowsInPlace staged(int table) throws SQLException {
    Target.Tied tied = tables.get(table);
    if (tied.changes().isEmpty() || tied.before().isEmpty()) {
      return replacing(table);
    }
    try {
      return ChangesInPlace.staged(
          load, tied.request(), tied.changes().get(), tied.before().get().at());
    } catch (PostgresFailure e) {
      if (new ChangeRows(load).isOfTheRows(e)) {
        return replacing(table);
      }
      throw e;
    }
  }

  private RowsInPlace replacing(int table) throws SQLException {
    LoadRequest request = tables.get(table).request();
    ViewSnapshot view = request.view();
    whole.add(table);
    return WholeInPlace.staged(load, request, load.standing(view.name()));
  }

  private void replaceAll(int table) throws SQLException {
    rows.set(table, replacing(table));
  }

  /** One transaction. */
  private void take(Connection connection) throws SQLException {
    each(connection, RowsInPlace::begin, false);
    each(connection, RowsInPlace::come, false);
    each(connection, RowsInPlace::go, true);
    each(connection, RowsInPlace::end, false);
  }

  /** A step of a table. */
  private interface Step {
    void on(RowsInPlace rows, Connection connection) throws SQLException;
  }

  private void each(Connection connection, Step step, boolean backwards) throws SQLException {
    for (int i = 0; i < rows.size(); i++) {
      current = backwards ? rows.size() - 1 - i : i;
      step.on(rows.get(current), connection);
    }
  }

  /** Prepares another try after this failure, where one may work. */
  private void another(PostgresFailure e) throws SQLException {
    if (rows.get(current).adapts(e)) {
      return;
    }
    if (whole.contains(current) || !new ChangeRows(load).isOfTheRows(e)) {
      throw e;
    }
    replaceAll(current);
  }
}
