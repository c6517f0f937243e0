package io.epicfhir.extract.crawl.search;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.fetch.Answer;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.settings.Search;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.answer.OutcomeWords;
import io.epicfhir.extract.source.request.Link;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Follows one search of one patient to its end, page by page, each durable before the next. */
public final class UnitRun {
  private final CrawlReading reading;
  private final SourceClient client;
  private final Units units;
  private final Predicate<String> knownPatient;
  private final BooleanSupplier stopped;

  /**
   * @param knownPatient whether a narrowed search is enough for the patient
   * @param stopped whether to end before the next page
   */
  public UnitRun(
      CrawlReading reading,
      SourceClient client,
      Units units,
      Predicate<String> knownPatient,
      BooleanSupplier stopped) {
    this.reading = reading;
    this.client = client;
    this.units = units;
    this.knownPatient = knownPatient;
    this.stopped = stopped;
  }

  /** One unit's way. */
  private final class Walk {
    final Search search;
    final String patient;
    final Set<URI> seen = new HashSet<>();
    URI url;
    int page = 1;
    int restart;

    Walk(int unit) {
      search = units.search(unit);
      patient = units.patient(unit);
      begin();
      units
          .place(unit)
          .ifPresent(
              place -> {
                url = following(place.next());
                page = place.page() + 1;
                restart = place.restart();
              });
    }

    void begin() {
      url =
          search.url(
              reading.base(), patient, reading.settings().pageSize(), knownPatient.test(patient));
      page = 1;
      seen.clear();
    }

    URI following(String link) {
      URI next;
      try {
        next = Link.resolve(url, link);
      } catch (IllegalArgumentException e) {
        next = null;
      }
      if (next == null || !client.allows(next)) {
        throw new JobException(
            ExitCode.REFUSED,
            "Cannot follow a next link of search "
                + search.name()
                + ": it leads "
                + (next == null ? "nowhere" : "to another origin, " + next.getAuthority())
                + ", where the access token must not go; check source.base-url, ask the server's"
                + " operator, or name it in source.allowed-origins");
      }
      return next;
    }

    /** Takes the answer in; false at the search's end. */
    boolean took(Answer answer) {
      if (answer instanceof Answer.Got got) {
        return took(got.page());
      }
      if (answer instanceof Answer.Expired && restart < reading.settings().restarts()) {
        restart++;
        reading.figures().restarts.increment();
        begin();
        return true;
      }
      if (answer instanceof Answer.Refused refused) {
        refused(refused);
      } else if (answer instanceof Answer.Gone) {
        end(SpoolRecord.End.GONE, List.of(), "");
      } else {
        end(SpoolRecord.End.REFUSED, List.of(new OutcomeCode(true, OutcomeCode.EXPIRED)), "");
      }
      return false;
    }

    /** A redirect that names another patient says that this one was merged into that one. */
    private void refused(Answer.Refused refused) {
      String survivor = refused.redirect() ? reading.merges().target(refused.location()) : "";
      boolean merged = !survivor.isEmpty() && !survivor.equals(patient);
      end(
          SpoolRecord.End.REFUSED,
          merged ? List.of(new OutcomeCode(true, Merges.MERGED)) : refused.codes(),
          merged ? survivor : "");
    }

    private void end(SpoolRecord.End end, List<OutcomeCode> codes, String survivor) {
      append(SpoolRecord.ended(search.key(), patient, restart, page, end, codes, survivor));
    }

    private boolean took(Page content) {
      URI next = content.next().isEmpty() ? null : following(content.next());
      append(content);
      if (next == null) {
        return false;
      }
      page++;
      boolean again = !seen.add(url) || seen.contains(next);
      if (again || page > reading.settings().maxPages()) {
        String code = again ? "next-link-cycle" : "max-pages";
        end(SpoolRecord.End.REFUSED, List.of(new OutcomeCode(true, code)), "");
        return false;
      }
      url = next;
      return true;
    }

    /** Resources of other types, which a search can bring along, go to their own types first. */
    private void append(Page content) {
      Map<Boolean, List<Entry>> own =
          content.entries().stream().collect(Collectors.partitioningBy(this::own));
      own.get(false).stream()
          .collect(Collectors.groupingBy(Entry::type))
          .forEach(
              (type, entries) -> {
                Page part = new Page(content.content(), entries, "", List.of(), List.of());
                reading
                    .spool()
                    .append(type, SpoolRecord.of(SpoolRecord.ASIDE, "", 0, 1, part, entries));
              });
      append(SpoolRecord.of(search.key(), patient, restart, page, content, own.get(true)));
    }

    private boolean own(Entry entry) {
      boolean resource =
          entry.kind() == Entry.Kind.RESOURCE || entry.kind() == Entry.Kind.SUBSETTED;
      return !resource
          || entry.type().equals(search.type())
          || !OutcomeWords.isResourceType(entry.type());
    }

    private void append(SpoolRecord record) {
      Failpoint.at("crawl.page");
      reading.spool().append(search.type(), record);
      Failpoint.at("crawl.spooled");
      units.took(record);
      reading.figures().page(record);
    }
  }

  /** Runs it to its end, or to the next page where the work is stopped. */
  void run(int unit) {
    Walk walk = new Walk(unit);
    boolean more = true;
    while (more && !stopped.getAsBoolean()) {
      more = walk.took(ask(walk));
    }
    Failpoint.at("crawl.unit");
  }

  private Answer ask(Walk walk) {
    return walk.search.read()
        ? reading.fetch().resource(walk.search.type(), walk.url)
        : reading.fetch().page(walk.search.name(), walk.url, walk.page);
  }
}
