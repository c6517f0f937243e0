package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.ViewChanges;
import io.epicfhir.load.spi.ViewVersion;
import java.sql.SQLException;
import java.util.Optional;

/** A change load: only the rows of the resources that changed. */
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
    try {
      ChangesInPlace rows = ChangesInPlace.staged(load, request, changes, since);
      load.patiently(load.nameOf(request.view()), request.patience(), rows::alone);
      rows.committed();
      return Optional.of(rows.result());
    } catch (ChangesInPlace.DoesNotAddUp e) {
      return Optional.empty();
    } catch (PostgresFailure e) {
      if (e.isDamage()) {
        throw e.asTableDamaged();
      }
      if (isOfTheRows(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * A key that is none any more, a value that is refused, a page that cannot be read: a whole load
   * may know what to do.
   */
  boolean isOfTheRows(PostgresFailure e) throws SQLException {
    return e.isDamage()
        || (e.kind() == PostgresFailure.Kind.DATA
            && !new Neighbours(load.state()).areAwaited(load.session().connection(), e));
  }
}
