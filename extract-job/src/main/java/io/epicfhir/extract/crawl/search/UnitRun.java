package io.epicfhir.extract.crawl.search;

import io.epicfhir.common.Failpoint;
import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.fetch.Answer;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.pages.PageProblem;
import io.epicfhir.extract.crawl.settings.Search;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.request.Link;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Follows one search of one patient to its end, page by page, each durable before the next. */
public final class UnitRun {
  /** A next link to an origin where the token must not go. */
  public static final String OTHER_ORIGIN = "link-to-another-origin";

  /** A read of the plan was answered with something else than the resource of that type and id. */
  private static final String ANOTHER = "another-resource";

  private static final String ELSEWHERE =
      ", which must not get the access token. Check source.base-url, or add the origin to"
          + " source.allowed-origins ";

  private static final int OK = 200;

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
    final int unit;
    final Search search;
    final String patient;
    final Set<URI> seen = new HashSet<>();
    URI url;
    int number = 1;
    int restart;
    String trace = "";

    Walk(int unit) {
      this.unit = unit;
      search = units.search(unit);
      patient = units.patient(unit);
      begin();
      units
          .place(unit)
          .ifPresent(
              place -> {
                number = place.page() + 1;
                restart = place.restart();
                url = following(place.next()).orElse(null);
              });
    }

    void begin() {
      url =
          search.url(
              reading.base(), patient, reading.settings().pageSize(), knownPatient.test(patient));
      number = 1;
      seen.clear();
    }

    /** The address that a link leads to; the unit ends where the token must not go there. */
    Optional<URI> following(String link) {
      Optional<URI> next = resolved(link);
      if (next.isPresent() && client.allows(next.get())) {
        return next;
      }
      String code = next.isEmpty() ? PageProblem.UNREADABLE_LINK : OTHER_ORIGIN;
      units.said(
          unit,
          "Cannot follow a next link of search "
              + search.name()
              + ": "
              + next.map(to -> "it points to another origin, " + to.getAuthority() + ELSEWHERE)
                  .orElse("its URL is invalid. Report it to the server's operator ")
              + trace);
      end(SpoolRecord.End.REFUSED, List.of(new OutcomeCode(true, code)), "");
      return Optional.empty();
    }

    private Optional<URI> resolved(String link) {
      try {
        return Optional.of(Link.resolve(url, link));
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }

    /** Takes the answer in; false at the search's end. */
    boolean took(Answer answer) {
      if (answer instanceof Answer.Got got) {
        trace = got.trace();
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
      units.said(unit, refused.said());
      String survivor = refused.redirect() ? reading.merges().target(refused.location()) : "";
      boolean merged = !survivor.isEmpty() && !survivor.equals(patient);
      end(
          SpoolRecord.End.REFUSED,
          merged ? List.of(new OutcomeCode(true, Merges.MERGED)) : refused.codes(),
          merged ? survivor : "");
    }

    private void end(SpoolRecord.End end, List<OutcomeCode> codes, String survivor) {
      append(SpoolRecord.ended(search.key(), patient, restart, number, end, codes, survivor));
    }

    private boolean took(Page content) {
      if (content.next().isEmpty()) {
        append(page(content));
        return false;
      }
      Optional<URI> next = resolved(content.next()).filter(client::allows);
      // As it was resolved: another try cannot know which page a relative link came with.
      String link = next.map(Link::written).orElse(content.next());
      append(page(content.with(link, content.references())));
      number++;
      if (following(content.next()).isEmpty()) {
        return false;
      }
      boolean again = !seen.add(url) || seen.contains(next.get());
      if (again || number > reading.settings().maxPages()) {
        String code = again ? "next-link-cycle" : "max-pages";
        end(SpoolRecord.End.REFUSED, List.of(new OutcomeCode(true, code)), "");
        return false;
      }
      url = next.get();
      return true;
    }

    private SpoolRecord page(Page content) {
      return new SearchedPage(reading, search, patient).own(restart, number, content);
    }

    private void append(SpoolRecord record) {
      Failpoint.at("crawl.page");
      reading.spool().append(search.type(), record);
      Failpoint.at("crawl.spooled");
      units.took(record);
      units.traced(unit, trace);
      reading.figures().page(record);
    }
  }

  /** Runs it to its end, or to the next page where the work is stopped. */
  void run(int unit) {
    Walk walk = new Walk(unit);
    boolean more = walk.url != null;
    while (more && !stopped.getAsBoolean()) {
      more = walk.took(ask(walk));
    }
    Failpoint.at("crawl.unit");
  }

  private Answer ask(Walk walk) {
    Search search = walk.search;
    if (!search.read()) {
      return reading.fetch().page(search.name(), walk.patient, walk.url, walk.number);
    }
    Answer answer = reading.fetch().resource(search.type(), walk.patient, walk.url);
    if (answer instanceof Answer.Got got && got.page().outcomes().isEmpty() && !holds(got, walk)) {
      String said =
          "Cannot read " + search.type() + ": the server returned another resource " + got.trace();
      return new Answer.Refused(OK, List.of(new OutcomeCode(true, ANOTHER)), "", said);
    }
    return answer;
  }

  /** Whether a read has brought the resource that it asked for. */
  private static boolean holds(Answer.Got got, Walk walk) {
    return got.page().entries().stream()
        .anyMatch(
            entry ->
                entry.type().equals(walk.search.type())
                    && (!walk.search.readsPatient() || entry.id().equals(walk.patient)));
  }
}
