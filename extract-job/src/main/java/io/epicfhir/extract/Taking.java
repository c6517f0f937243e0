package io.epicfhir.extract;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bulk.ledger.ExportFence;
import java.util.List;

/** One of the ways in which data come: what Extract does for each export. */
sealed interface Taking permits BulkTaking, CrawlTaking {
  /** Takes the export into bronze and shows it, or throws as the job must end. */
  Landing take(String exportId, ExportFence fence);

  /** What is left to do when it has landed; all of it may be done again. */
  void clean(String exportId, Landing landing);

  /**
   * What is left to say when all exports of the run have landed.
   *
   * @throws io.epicfhir.common.JobException where the run must not be green all the same
   */
  void conclude(List<Landing> landings);

  /** The landing no longer holds: it will be taken anew. */
  void forget(String exportId);
}
