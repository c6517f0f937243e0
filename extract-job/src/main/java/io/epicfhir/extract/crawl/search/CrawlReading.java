package io.epicfhir.extract.crawl.search;

import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import io.epicfhir.extract.crawl.spool.Spool;
import java.net.URI;

/**
 * What every request of a crawl works with.
 *
 * @param base the server's address
 * @param fetch asks for a page or a resource
 * @param spool takes what was received
 * @param figures counts it
 * @param merges which patients became another one
 */
public record CrawlReading(
    CrawlSettings settings,
    URI base,
    PageFetch fetch,
    Spool spool,
    CrawlFigures figures,
    Merges merges) {}
