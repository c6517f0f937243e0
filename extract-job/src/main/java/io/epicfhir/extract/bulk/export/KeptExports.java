package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.RunExports;
import java.util.Optional;

/**
 * The exports of a mended run that its rerun keeps: the argument {@code --export} of a kick-off.
 * The rerun has them instead of its own, so it does not request an export of their groups. One that
 * is lost or refused by now is requested again all the same.
 */
public final class KeptExports {
  private KeptExports() {}

  /** Decides on them, where no try of this run has decided on an export of the group. */
  public static void decide(JobContext context) {
    RunExports exports = new RunExports(context.lake(), context.run());
    for (String exportId : context.arguments().exports()) {
      group(context.lake(), exportId)
          .filter(group -> exports.of(group).isEmpty())
          .ifPresent(group -> exports.decide(group, exportId));
    }
  }

  /** Empty where the export is neither in bronze nor at the server. */
  private static Optional<String> group(Lake lake, String exportId) {
    return new Landings(lake)
        .find(exportId)
        .map(Landing::group)
        .or(() -> new ExportLedger(lake, exportId).started().map(s -> s.asked().group()));
  }
}
