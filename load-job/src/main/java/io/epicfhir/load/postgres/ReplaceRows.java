package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import java.sql.SQLException;

/**
 * A whole load of a table that a new one cannot stand in for: in one transaction all rows go and
 * the new ones come, and all that others gave the table stays.
 */
record ReplaceRows(PostgresLoad load) {

  /** Locks that do not go together with that of who writes rows. */
  private static final String IN_THE_WAY =
      "mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')";

  /** Makes the table these rows. */
  LoadResult of(LoadRequest request, StandingTable table) throws SQLException {
    if (request.patience().isZero()) {
      load.notHeld(request.view(), IN_THE_WAY);
    }
    WholeInPlace rows = WholeInPlace.staged(load, request, table);
    for (boolean done = false; !done; ) {
      try {
        load.patiently(load.nameOf(request.view()), request.patience(), rows::alone);
        done = true;
      } catch (PostgresFailure e) {
        if (!rows.adapts(e)) {
          throw e;
        }
      }
    }
    rows.committed();
    return rows.result();
  }
}
