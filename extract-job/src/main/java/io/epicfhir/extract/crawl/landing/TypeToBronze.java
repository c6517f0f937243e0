package io.epicfhir.extract.crawl.landing;

import io.epicfhir.extract.bronze.LineHead;
import io.epicfhir.extract.bronze.Rejection;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.Digest;
import io.epicfhir.extract.crawl.index.KnownResources;
import io.epicfhir.extract.crawl.index.Readings;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.spool.Spool;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Brings one type from the spool to bronze. Of several readings of an id the last one counts; what
 * is as the last crawl saw it is not written again; what the last crawl saw and this one should
 * have seen again is gone. Ids are looked at a few million at a time.
 */
public final class TypeToBronze {
  private final String type;
  private final Spool spool;
  private final Optional<CrawlIndex> before;
  private final KnownResources known;
  private final CrawlWays ways;
  private final int maxLine;
  private final StagedRows rows;
  private final CrawlIndex.Writer after;
  private final TypeCounts counts;
  private final Digest content = new Digest();
  private final Absences absences;
  private long ordinal;

  /**
   * Where the type goes.
   *
   * @param after the index that is written for the next crawl
   * @param maxLine bytes of the longest line that bronze takes
   */
  public record Target(StagedRows rows, CrawlIndex.Writer after, int maxLine) {}

  /**
   * Of one type, into these rows and that index.
   *
   * @param before what the last crawl saw: what is as it was is not written again
   * @param known what the last crawl saw of which that is known: what may be gone
   */
  public TypeToBronze(
      String type,
      Spool spool,
      Optional<CrawlIndex> before,
      KnownResources known,
      CrawlWays ways,
      Target target) {
    this.type = type;
    this.spool = spool;
    this.before = before;
    this.known = known;
    this.ways = ways;
    this.maxLine = target.maxLine();
    this.rows = target.rows();
    this.after = target.after();
    this.counts = new TypeCounts(type);
    this.absences = new Absences(type, ways);
  }

  /**
   * Does it.
   *
   * @param mostIds that are looked at at one time
   */
  public TypeCounts run(long mostIds) {
    long begin = System.nanoTime();
    long[] all = {ways.besideRows(type)};
    boolean spooled = spool.types().contains(type);
    if (spooled) {
      spool.read(type, false, record -> all[0] += record.entries().size());
    }
    int parts = (int) (all[0] / mostIds) + 1;
    for (int part = 0; part < parts; part++) {
      part(spooled, new Readings(part, parts));
    }
    after.end();
    counts.ms = (System.nanoTime() - begin) / 1_000_000;
    return counts;
  }

  private void part(boolean spooled, Readings readings) {
    if (spooled) {
      ordinal = 0;
      spool.read(type, false, record -> lastReadings(readings, record));
      before.ifPresent(index -> index.read(readings::before));
    }
    ways.beside(type, id -> beside(readings, id));
    if (spooled) {
      ordinal = 0;
      spool.read(type, true, record -> take(readings, record));
    }
    known.read(seen -> missing(readings, seen));
  }

  /** It is written already, and counts more than a reading. */
  private void beside(Readings readings, String id) {
    if (readings.mine(id)) {
      readings.read(id, true, Long.MAX_VALUE);
      after.add(CrawlIndex.Seen.exported(id));
    }
  }

  private void lastReadings(Readings readings, SpoolRecord record) {
    if (record.gone() && readings.mine(record.subject())) {
      readings.gone(record.subject());
    }
    boolean refused = record.confirms() && record.end() == SpoolRecord.End.REFUSED;
    if (refused && readings.mine(record.subject())) {
      readings.refused(record.subject(), record.readAt());
    }
    if (record.outside() && readings.mine(record.subject())) {
      absences.outside(record.subject(), record.patient(), record.readAt());
    }
    for (Entry entry : record.entries()) {
      ordinal++;
      if (!entry.id().isEmpty() && readings.mine(entry.id())) {
        readings.read(entry.id(), entry.whole() && !ways.excludes(entry.patients()), ordinal);
      }
    }
  }

  private void take(Readings readings, SpoolRecord record) {
    if (readings.first() && record.byReference() && !record.codes().isEmpty()) {
      notFetched(record);
    }
    for (Entry entry : record.entries()) {
      ordinal++;
      boolean mine = readings.mine(entry.id());
      if (mine && ways.excludes(entry.patients())) {
        counts.outside++;
      } else if (mine && entry.whole()) {
        counts.received++;
        resource(readings, record, entry);
      } else if (mine) {
        other(record, entry);
      }
    }
  }

  /** A document above the limit, or what the application may not see: its id, and why. */
  private void notFetched(SpoolRecord record) {
    String codes = record.codes().stream().map(OutcomeCode::code).collect(Collectors.joining(","));
    rows.quarantine(
        "not-fetched", source(record), ordinal, type + "/" + record.subject() + " " + codes);
  }

  private void other(SpoolRecord record, Entry entry) {
    String reason =
        switch (entry.kind()) {
          case SUBSETTED -> "subsetted";
          case ERROR -> "server-error";
          default -> "server-warning";
        };
    if (entry.kind() == Entry.Kind.SUBSETTED) {
      counts.received++;
      if (rows.keepsOut(type, entry, record.body())) {
        counts.optedOut++;
        return;
      }
      counts.rejected(reason);
    }
    rows.quarantine(reason, source(record), ordinal, record.body(), entry);
  }

  private void resource(Readings readings, SpoolRecord record, Entry entry) {
    if (!readings.last(entry.id(), ordinal)) {
      counts.duplicates++;
      return;
    }
    if (rows.keepsOut(type, entry, record.body())) {
      counts.optedOut++;
      return;
    }
    content.of(record.body(), entry.offset(), entry.length());
    if (readings.same(entry.id(), content)) {
      counts.unchanged++;
      seen(record, entry);
    } else if (write(record, entry)) {
      seen(record, entry);
    } else {
      readings.rejected(entry.id());
    }
  }

  private boolean write(SpoolRecord record, Entry entry) {
    byte[] body = record.body();
    LineHead head = LineHead.of(body, entry.offset(), entry.length(), type, true);
    Rejection rejection = entry.length() > maxLine ? Rejection.TOO_LONG : head.rejection();
    if (rejection != null) {
      counts.rejected(rejection);
      rows.quarantine(rejection.reason(), source(record), ordinal, body, entry);
      return false;
    }
    counts.written++;
    counts.oddLastUpdated += head.oddLastUpdated() ? 1 : 0;
    String raw = entry.kind() == Entry.Kind.RAW ? ", sent as raw bytes" : "";
    rows.resource(type, head, body, entry, source(record) + raw, ordinal);
    return true;
  }

  private void seen(SpoolRecord record, Entry entry) {
    CrawlIndex.Seen seen = IndexEntry.of(record, entry, content);
    counts.kept += seen.confirmed() ? 1 : 0;
    after.add(seen);
  }

  /** What the last crawl saw and this one did not take: gone, not asked for, or not confirmed. */
  private void missing(Readings readings, CrawlIndex.Seen seen) {
    boolean open = readings.mine(seen.id()) && !readings.taken(seen.id());
    if (!open || !readings.missing(seen.id()) || rows.keepsOut(type, seen)) {
      return;
    }
    Absence absence = absences.of(readings, seen);
    if (absence == Absence.GONE_WITH_TYPE) {
      return;
    }
    if (absence == Absence.GONE) {
      counts.deleted++;
      rows.deleted(type, seen.id());
      return;
    }
    long refusedAt = readings.refusedAt(seen.id());
    if (!readings.seen(seen.id()) && (refusedAt > 0 || ways.wouldSee(seen))) {
      counts.unconfirmed++;
    }
    long triedAt = Math.max(refusedAt, absences.outsideAt(seen.id()));
    CrawlIndex.Seen left = before.isPresent() ? seen : seen.ofUnknownContent();
    after.add(ways.carried(type, triedAt == 0 ? left : left.triedAt(triedAt)));
  }

  private String source(SpoolRecord record) {
    if (record.byReference()) {
      return type + " by reference";
    }
    return record.aside() ? type + " beside others" : ways.name(record.search());
  }
}
