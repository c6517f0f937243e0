package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LastLoad;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewChanges;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.spi.ViewVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** Of the resources that changed all rows go, and those of each one's newest commit come. */
record ChangeRows(PostgresLoad load) {

  /**
   * Takes changes in.
   *
   * @param since the load that the changes follow on
   * @return empty, and nothing changed, where the rows do not add up to the view table's, or where
   *     the table is no longer what that load left
   */
  Optional<LoadResult> of(LoadRequest request, ViewChanges changes, ViewVersion since)
      throws SQLException {
    ViewSnapshot view = request.view();
    TableShape shape = view.shape().withChange();
    StandingTable before = load.standing(view.name());
    RowsSql sql = load.rowsSql(view, before);
    try {
      Loaded loaded = load.staged().copy(shape, sql.create(shape), changes);
      load.patiently(
          view,
          request.patience(),
          connection -> {
            StandingTable table = load.locked(connection, view.name(), before, ReplaceRows.WRITING);
            sql.stillThere(connection, loaded);
            if (!table.has(view.shape())) {
              throw new DoesNotAddUp(); // columns went, or the table itself
            }
            ReplaceRows.published(load, connection, view, table);
            PostgresLoad.seeing(
                connection,
                table,
                load.read(view.name()),
                c -> take(c, request, since, table, sql));
            new RefusedValues(load).forgetChanged(connection, view.name());
            Sql.execute(connection, sql.drop());
          });
      return Optional.of(new LoadResult(loaded, request.expected())); // take() has counted them
    } catch (DoesNotAddUp e) {
      return Optional.empty();
    } catch (PostgresFailure e) {
      if (e.kind() == PostgresFailure.Kind.DATA
          && !new Neighbours(load.state()).areAwaited(load.session().connection(), e)) {
        return Optional.empty(); // a key that is none any more, a value that is refused: all anew
      }
      throw e;
    }
  }

  private void take(
      Connection connection,
      LoadRequest request,
      ViewVersion since,
      StandingTable table,
      RowsSql sql)
      throws SQLException {
    // Hours may have gone by since the table was looked at, and a restored server is another one.
    TableMark before =
        load.state()
            .last(connection, request.view().name())
            .filter(last -> last.at().equals(since))
            .flatMap(LastLoad::mark)
            .orElseThrow(DoesNotAddUp::new);
    if (Sql.number(connection, sql.unfit(table.resourceIndexed())) != 0) {
      throw new DoesNotAddUp();
    }
    MergeRows.Written written = write(connection, request.view(), table, sql);
    ReplaceRows.deferredNow(connection);
    TableMark mark = TableMark.of(connection, load.read(request.view().name()), sql.from());
    if (mark.rows() != request.expected()
        || !mark.isOnlyChangedHere(connection, before, written.came(), written.went())) {
      throw new DoesNotAddUp();
    }
    if (!table.rewriters().isEmpty() && Sql.number(connection, sql.sameChanged()) == 0) {
      throw new DoesNotAddUp();
    }
    load.loaded(connection, request, new LoadNote(mark, false, null, null, request.warning()));
  }

  private MergeRows.Written write(
      Connection connection, ViewSnapshot view, StandingTable table, RowsSql sql)
      throws SQLException {
    boolean indexed = table.resourceIndexed();
    if (!table.referenced().isEmpty()) {
      return new MergeRows(
              load.nameOf(view), table, view.shape(), sql.read(), "(" + sql.newest() + ")")
          .into(connection, "t." + sql.ofChanged(indexed));
    }
    try (Statement statement = connection.createStatement()) {
      long went = statement.executeLargeUpdate(sql.deleteChanged(indexed));
      return new MergeRows.Written(statement.executeLargeUpdate(sql.insertChanged()), went);
    }
  }

  /**
   * A change that leaves other rows than the view table has, or may; takes the transaction back.
   */
  private static final class DoesNotAddUp extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
