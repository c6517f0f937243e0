package io.epicfhir.extract.crawl.search;

import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.EntryReferences;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.settings.Search;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import io.epicfhir.extract.source.answer.OutcomeWords;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A page of one patient's search on its way to the spool: what it asked for, and apart from that
 * what came along, and what belongs to other patients. Whether those are in the cohort is known
 * when all merges are.
 */
final class SearchedPage {
  private final CrawlReading reading;
  private final Search search;
  private final String patient;

  SearchedPage(CrawlReading reading, Search search, String patient) {
    this.reading = reading;
    this.search = search;
    this.patient = patient;
  }

  /** Puts all else into the spool, and gives what the search asked for. */
  SpoolRecord own(int restart, int number, Page page) {
    List<Entry> entries = page.entries().stream().map(this::ofAnother).toList();
    Page content = named(page, entries);
    Map<Boolean, List<Entry>> own =
        entries.stream().collect(Collectors.partitioningBy(this::isOwn));
    own.get(false).stream()
        .collect(Collectors.groupingBy(Entry::type))
        .forEach(
            (type, others) -> {
              Page part = new Page(content.content(), others, "", List.of(), List.of());
              reading.spool().append(type, SpoolRecord.beside(search.key(), patient, part, others));
            });
    return SpoolRecord.of(search.key(), patient, restart, number, content, own.get(true));
  }

  /** The patient's own need not say so. */
  private Entry ofAnother(Entry entry) {
    return entry.patients().contains(patient) ? entry.of(List.of()) : entry;
  }

  private boolean isOwn(Entry entry) {
    boolean resource = entry.kind() == Entry.Kind.RESOURCE || entry.kind() == Entry.Kind.SUBSETTED;
    return !resource
        || entry.type().equals(search.type())
        || !OutcomeWords.isResourceType(entry.type());
  }

  /** What others' resources refer to is fetched only if they turn out to be in the cohort. */
  private Page named(Page page, List<Entry> entries) {
    Map<List<String>, List<Entry>> byPatients =
        entries.stream()
            .filter(entry -> entry.whole() || entry.kind() == Entry.Kind.SUBSETTED)
            .collect(Collectors.groupingBy(Entry::patients));
    List<Entry> own = byPatients.getOrDefault(List.of(), List.of());
    byPatients.remove(List.of());
    if (byPatients.isEmpty()) {
      return page;
    }
    byPatients.forEach(
        (patients, others) -> {
          Page part = page.with("", references(page, others));
          reading.spool().append(search.type(), SpoolRecord.named(patients, part));
        });
    return page.with(page.next(), references(page, own));
  }

  private List<String> references(Page page, List<Entry> entries) {
    return EntryReferences.of(page, entries, reading.fetch().references());
  }
}
