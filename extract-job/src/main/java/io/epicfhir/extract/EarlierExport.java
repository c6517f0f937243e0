package io.epicfhir.extract;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.bulk.ledger.ExportLedger;

/**
 * There is no new export of a group of which this run has an earlier one, refused for example: the
 * tasks after the kick-off take that, which may be whole by then.
 */
final class EarlierExport extends JobException {
  private static final long serialVersionUID = 1L;

  private EarlierExport(String message, JobException cause) {
    super(cause.exitCode(), message, cause);
  }

  /**
   * Returns where the run has no export of the group.
   *
   * @throws EarlierExport where it has one
   */
  static void requireNone(ExportLedger ledger, String group, JobException refusal) {
    if (ledger.started().isPresent()) {
      String why =
          ledger.refusal().map(refused -> "; it was refused because: " + refused.why()).orElse("");
      throw new EarlierExport(
          "No new export of group \"%s\" was started: %s. The run's earlier export is kept%s"
              .formatted(group, refusal.getMessage(), why),
          refusal);
    }
  }
}
