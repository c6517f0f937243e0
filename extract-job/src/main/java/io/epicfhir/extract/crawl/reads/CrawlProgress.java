package io.epicfhir.extract.crawl.reads;

import io.epicfhir.common.Progress;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.request.Traffic;

/** How far a crawl is: nobody knows before how many reads by id there will be. */
public record CrawlProgress(CrawlFigures figures, SourceClient client, Traffic traffic) {

  /** The reads by id that are done, beside so many searches. */
  public Progress.Reading besides(long searchesDone, long searches) {
    long hydrated = figures.hydrated.sum();
    return new Progress.Reading(
        searchesDone + hydrated,
        searches + hydrated,
        figures.resources.sum(),
        traffic.sums().bytes(),
        client.gate().inFlight(),
        traffic.sums().retries());
  }
}
