package io.epicfhir.extract.crawl.references;

import io.epicfhir.common.StateFile;
import io.epicfhir.common.report.RunReport;
import io.epicfhir.extract.crawl.landing.TypeCounts;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of the resources that a bulk export only refers to, or lacks, by type.
 *
 * @param resources read and brought to bronze; Bundles are those of deletions
 * @param unchanged as they were: not written again
 * @param duplicates that the export brought, too, or that came twice
 * @param unresolved references to what the server does not have
 * @param forbidden reads that the server refused (403)
 * @param unreadable the types of which all reads were refused so
 * @param outside reads of resources that belong to patients outside the cohort, and are not kept
 * @param notReadAgain what was read lately, and may have changed since
 * @param outcomes how often the server said what, by code
 * @param kept that the export lacks, and that are there by their ids
 * @param unconfirmed that the export lacks, and for which no read shows whether they are gone
 * @param unread that the export lacks, and that are left to the next one to be read
 * @param optedOut read, and of patients whose records stay out
 * @param reasons why some that were read are in quarantine, by reason and not by type
 */
public record HydrationCounts(
    Map<String, RunReport.Resources> resources,
    Map<String, Long> unchanged,
    Map<String, Long> duplicates,
    Map<String, Long> unresolved,
    Map<String, Long> forbidden,
    Map<String, Long> unreadable,
    Map<String, Long> outside,
    Map<String, Long> notReadAgain,
    Map<String, Long> outcomes,
    Map<String, Long> kept,
    Map<String, Long> unconfirmed,
    Map<String, Long> unread,
    Map<String, Long> optedOut,
    Map<String, Long> reasons)
    implements StateFile {

  /** Files that were written before a component was there say nothing of it. */
  public HydrationCounts {
    outside = outside == null ? Map.of() : outside;
    notReadAgain = notReadAgain == null ? Map.of() : notReadAgain;
    kept = kept == null ? Map.of() : kept;
    unconfirmed = unconfirmed == null ? Map.of() : unconfirmed;
    unread = unread == null ? Map.of() : unread;
    optedOut = optedOut == null ? Map.of() : optedOut;
    reasons = reasons == null ? Map.of() : reasons;
  }

  static HydrationCounts of(
      CrawlFigures figures, Collection<TypeCounts> types, long bundles, Map<String, Long> unread) {
    Map<String, RunReport.Resources> resources = new TreeMap<>();
    Map<String, Long> unchanged = new TreeMap<>();
    Map<String, Long> duplicates = new TreeMap<>();
    Map<String, Long> kept = new TreeMap<>();
    Map<String, Long> optedOut = new TreeMap<>();
    Map<String, Long> reasons = new TreeMap<>();
    for (TypeCounts counts : types) {
      counts.reasons.forEach((reason, n) -> reasons.merge(reason, n, Long::sum));
      if (counts.optedOut > 0) {
        optedOut.put(counts.type, counts.optedOut);
      }
      if (counts.kept > 0) {
        kept.put(counts.type, counts.kept);
      }
      if (counts.received > 0 || counts.deleted > 0) {
        resources.put(
            counts.type,
            new RunReport.Resources(
                counts.received, counts.written, counts.rejected, counts.deleted, counts.ms));
        unchanged.put(counts.type, counts.unchanged);
        duplicates.put(counts.type, counts.duplicates);
      }
    }
    if (bundles > 0) {
      resources.put("Bundle", new RunReport.Resources(bundles, bundles, 0L, null, null));
    }
    return new HydrationCounts(
        resources,
        unchanged,
        duplicates,
        figures.unresolved(),
        figures.reads(CrawlFigures.Reading.FORBIDDEN),
        figures.unreadable(),
        figures.reads(CrawlFigures.Reading.OUTSIDE),
        figures.readLately(),
        figures.outcomes(),
        kept,
        figures.reads(CrawlFigures.Reading.UNCONFIRMED),
        unread,
        optedOut,
        reasons);
  }

  /** The entries of the run report's result. */
  public Map<String, Map<String, Long>> results() {
    Map<String, Map<String, Long>> results = new TreeMap<>();
    results.put("by_reference", received());
    results.put("unchanged", unchanged());
    results.put("duplicates", duplicates());
    results.put("unresolved", unresolved());
    results.put("forbidden", forbidden());
    results.put("unreadable", unreadable());
    results.put("outside", outside());
    results.put("not_read_again", notReadAgain());
    results.put("outcomes", outcomes());
    results.put("kept", kept());
    results.put("unconfirmed", unconfirmed());
    results.put("unread", unread());
    results.put("opted_out", optedOut());
    return results;
  }

  /** How many were read, by type. */
  public Map<String, Long> received() {
    Map<String, Long> received = new TreeMap<>();
    resources.forEach((type, counts) -> received.put(type, counts.received()));
    return received;
  }

  /** How many rows of bronze came of them, by type. */
  public Map<String, Long> written() {
    Map<String, Long> written = new TreeMap<>();
    resources.forEach((type, counts) -> written.put(type, counts.written()));
    return written;
  }
}
