package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.cohort.CohortScope;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * What earlier crawls or exports read by reference: lately enough, so that it is not read again; so
 * long ago that it is; or of patients who have left since.
 */
final class EarlierReads {
  private final CohortScope scope;
  private final CrawlFigures figures;
  private final NamedDocuments documents;
  private final Holders holders;
  private final Consumer<String> known;
  private final Map<String, String> stale = new LinkedHashMap<>();
  private final Map<String, String> leavers = new LinkedHashMap<>();

  /**
   * @param known takes in a reference that is not to be read
   */
  EarlierReads(
      CohortScope scope,
      CrawlFigures figures,
      NamedDocuments documents,
      Holders holders,
      Consumer<String> known) {
    this.scope = scope;
    this.figures = figures;
    this.documents = documents;
    this.holders = holders;
    this.known = known;
  }

  /** Takes in what an index tells; of what is lost only a read to confirm it tells more. */
  void take(String type, CrawlIndex.Seen seen, boolean lately) {
    if (seen.bySearch() || seen.lost()) {
      return;
    }
    String reference = type + "/" + seen.id();
    String patient = seen.patient();
    boolean document = NamedDocuments.isDocument(reference); // which does not say whose it is
    boolean out = !patient.isEmpty() && !scope.has(patient);
    boolean elsewhere = out && scope.isElsewhere(patient);
    if (out && !scope.endsLeavers()) {
      known.accept(reference); // a leaver's stays as it is
    } else if (out && !elsewhere) {
      leavers.put(reference, patient);
      stale.putAll(document ? Map.of() : Map.of(reference, ""));
    } else if (document && lately) {
      documents.readLately(seen);
      isKnown(type, reference);
    } else if (document) {
      documents.readBefore(seen);
      stale.put(reference, patient);
    } else if (lately && (elsewhere || patient.isEmpty() || scope.isMember(patient))) {
      holders.add(reference, patient);
      isKnown(type, reference);
    } else {
      stale.put(reference, "");
    }
  }

  private void isKnown(String type, String reference) {
    known.accept(reference);
    figures.readLately(type);
  }

  /** A document of which no index tells: it is read again. */
  void lost(String reference) {
    stale.put(reference, "");
  }

  /** Gives, once, what is to be read again, and the patients of documents. */
  boolean takeStale(BiConsumer<String, String> reader) {
    boolean any = !stale.isEmpty();
    stale.forEach(reader);
    stale.clear();
    return any;
  }

  /** The patient who had it and is in the cohort no more; else empty. */
  String leaver(String reference) {
    return leavers.getOrDefault(reference, "");
  }

  /** Gives the documents of patients who left, with the patients. */
  void leaversDocuments(BiConsumer<String, String> reader) {
    leavers.forEach(
        (reference, patient) -> {
          if (NamedDocuments.isDocument(reference)) {
            reader.accept(reference, patient);
          }
        });
  }
}
