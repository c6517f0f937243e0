package io.epicfhir.extract.crawl.reads;

import io.epicfhir.common.Failpoint;
import io.epicfhir.extract.crawl.cohort.CohortScope;
import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.fetch.Answer;
import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.fetch.RawDocument;
import io.epicfhir.extract.crawl.fetch.Workers;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.search.CrawlReading;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import io.epicfhir.extract.crawl.spool.ReadById;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import io.epicfhir.extract.source.request.Link;
import java.net.URI;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** Reads resources by their ids, side by side, each answer durable before the next one. */
public final class ReadsById {
  /** An answer to a read that holds no resource of the type. */
  static final String NO_RESOURCE = "no-resource";

  private static final int FORBIDDEN = 403;
  private static final Set<Integer> OTHER_MEDIA_TYPE = Set.of(406, 415);

  /** After so many refusals, and nothing else, a type's other reads are not tried. */
  private static final int MOST_REFUSALS = 20;

  private final CrawlReading reading;
  private final Workers workers;
  private final CohortScope scope;
  private final Map<String, Long> problems = new TreeMap<>();
  private final Map<String, String> said = new TreeMap<>();
  private final Map<String, Integer> refusals = new ConcurrentHashMap<>();
  private final Set<String> readable = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean dayIsOver = new AtomicBoolean();

  public ReadsById(CrawlReading reading, Workers workers, CohortScope scope) {
    this.reading = reading;
    this.workers = workers;
    this.scope = scope;
  }

  /** Does all of them. */
  public void run(List<ReadById> reads) {
    Iterator<ReadById> left = List.copyOf(reads).iterator();
    workers.run(
        () -> {
          synchronized (left) {
            return left.hasNext() ? Optional.of(one(left.next())) : Optional.empty();
          }
        });
  }

  /** The refused reads that are not accepted. */
  public ReadProblems problems() {
    synchronized (problems) {
      return new ReadProblems(problems, List.copyOf(said.values()));
    }
  }

  /** Whether the server gives no more documents today. */
  boolean dayIsOver() {
    return dayIsOver.get();
  }

  private Runnable one(ReadById read) {
    return () -> read(read);
  }

  private void read(ReadById read) {
    String type = read.type();
    if (read.confirms() && !readable.contains(type) && refusals(type) >= MOST_REFUSALS) {
      reading.figures().read(type, CrawlFigures.Reading.UNCONFIRMED);
      return;
    }
    if (type.equals(RawDocument.BINARY) && dayIsOver()) {
      reading.figures().leftForTomorrow(read);
      return;
    }
    Answer answer = held(read, ask(read));
    if (type.equals(RawDocument.BINARY)
        && answer instanceof Answer.Refused refused
        && refused.names().contains(PageFetch.DAILY_LIMIT)) {
      dayIsOver.set(true);
      reading.figures().serverEndedDay();
      reading.figures().leftForTomorrow(read);
      return;
    }
    SpoolRecord record = record(read, answer);
    Failpoint.at("crawl.page");
    reading.spool().append(type, record);
    Failpoint.at("crawl.spooled");
    reading.figures().page(record);
    reading.figures().hydrated.increment();
  }

  private int refusals(String type) {
    return refusals.getOrDefault(type, 0);
  }

  private Answer ask(ReadById read) {
    URI url = URI.create(reading.base() + "/" + read.type() + "/" + Link.component(read.id()));
    if (!read.type().equals(RawDocument.BINARY)) {
      return reading.fetch().resource(read.type(), read.id(), url);
    }
    reading.figures().documents.increment();
    int most = reading.settings().attachments().maxSize();
    String announced = read.confirms() ? "" : read.accept(); // a web page confirms nothing
    Answer answer = reading.fetch().document(url, read.id(), PageFetch.FHIR, announced, most);
    return answer instanceof Answer.Refused refused && OTHER_MEDIA_TYPE.contains(refused.status())
        ? reading.fetch().document(url, read.id(), read.accept(), announced, most)
        : answer;
  }

  private SpoolRecord record(ReadById read, Answer answer) {
    if (answer instanceof Answer.Got got) {
      if (read.confirms() && isSurvivor(got.page(), read.id())) {
        return SpoolRecord.ended(read, SpoolRecord.End.GONE, List.of());
      }
      readable.add(read.type());
      if (!stays(read) && scope.excludes(got.page().patients())) {
        return outside(read, got.page().patients().get(0));
      }
      boolean itself = got.page().entries().stream().anyMatch(e -> e.id().equals(read.id()));
      count(read, itself ? CrawlFigures.Reading.GOT : CrawlFigures.Reading.ELSEWHERE);
      got.page().entries().stream()
          .filter(e -> e.kind() == Entry.Kind.RAW)
          .forEach(e -> reading.figures().rawAttachments.increment());
      return SpoolRecord.read(read, got.page());
    }
    if (answer instanceof Answer.Refused refused) {
      return refused(read, refused);
    }
    if (answer instanceof Answer.Expired) {
      return refused(read, Answer.Refused.because(410, OutcomeCode.EXPIRED));
    }
    readable.add(read.type());
    count(read, CrawlFigures.Reading.GONE);
    return SpoolRecord.ended(read, SpoolRecord.End.GONE, List.of());
  }

  /** In a crawl what a search had found of a patient who is in the cohort no more. */
  private boolean stays(ReadById read) {
    return read.confirms() && !scope.endsLeavers() && !scope.has(read.seen().patient());
  }

  private SpoolRecord outside(ReadById read, String patient) {
    count(read, CrawlFigures.Reading.OUTSIDE);
    return SpoolRecord.outside(read, patient);
  }

  private void count(ReadById read, CrawlFigures.Reading how) {
    if (!read.confirms()) {
      reading.figures().read(read.type(), how);
    }
  }

  /** An OperationOutcome in place of the resource is a refusal, also with status 200. */
  private static Answer held(ReadById read, Answer answer) {
    if (!(answer instanceof Answer.Got got) || holds(got.page(), read.type())) {
      return answer;
    }
    List<OutcomeCode> codes = got.page().outcomes();
    List<OutcomeCode> why = codes.isEmpty() ? List.of(new OutcomeCode(true, NO_RESOURCE)) : codes;
    return new Answer.Refused(200, why, "", got.trace());
  }

  private static boolean holds(Page page, String type) {
    return page.entries().stream()
        .anyMatch(
            e ->
                e.type().equals(type)
                    && e.kind() != Entry.Kind.WARNING
                    && e.kind() != Entry.Kind.ERROR);
  }

  /** Some servers answer a read of a retired patient with the survivor. */
  private boolean isSurvivor(Page page, String retired) {
    String id = page.entries().isEmpty() ? "" : page.entries().get(0).id();
    return !id.equals(retired) && reading.merges().survivor(retired).filter(id::equals).isPresent();
  }

  private SpoolRecord refused(ReadById read, Answer.Refused refused) {
    if (read.confirms() && movedAway(read, refused)) {
      return SpoolRecord.ended(read, SpoolRecord.End.GONE, List.of());
    }
    if (read.confirms()) {
      refusals.merge(read.type(), 1, Integer::sum);
      reading.figures().read(read.type(), CrawlFigures.Reading.UNCONFIRMED);
      return SpoolRecord.ended(read, SpoolRecord.End.REFUSED, refused.codes());
    }
    if (!read.leaver().isEmpty()) { // only a read that brings it tells that it has moved
      return outside(read, read.leaver());
    }
    boolean forbidden = refused.status() == FORBIDDEN;
    count(read, forbidden ? CrawlFigures.Reading.FORBIDDEN : CrawlFigures.Reading.REFUSED);
    boolean settled = forbidden || settled(read.type(), refused.names());
    if (!settled) {
      synchronized (problems) {
        refused.names().forEach(code -> problems.merge(code, 1L, Long::sum));
        refused.names().forEach(code -> said.putIfAbsent(code, refused.said()));
      }
    }
    SpoolRecord.End end = settled ? SpoolRecord.End.GONE : SpoolRecord.End.REFUSED;
    return SpoolRecord.ended(read, end, refused.codes());
  }

  /**
   * A retired patient's id leads to the survivor: the resource of that id is gone. A redirect to
   * another version of the same patient, or to anything else, says nothing of the kind.
   */
  private boolean movedAway(ReadById read, Answer.Refused refused) {
    if (!read.type().equals(Merges.PATIENT)) {
      return false;
    }
    String target = reading.merges().target(refused.location());
    boolean toAnother = refused.redirect() && !target.isEmpty() && !target.equals(read.id());
    boolean merged = refused.names().contains(Merges.EPIC_MERGED);
    return toAnother || (merged && reading.merges().survivor(read.id()).isPresent());
  }

  /** What the application may not see is as good as not there. */
  private boolean settled(String type, List<String> codes) {
    boolean tooLong = type.equals(RawDocument.BINARY) && codes.contains(PageFetch.TOO_LONG);
    if (tooLong) {
      reading.figures().attachmentsTooLong.increment();
    }
    return tooLong || (!codes.isEmpty() && reading.settings().acceptedErrors().containsAll(codes));
  }
}
