package io.epicfhir.extract.crawl;

import io.epicfhir.extract.bronze.LineHead;
import io.epicfhir.extract.bronze.Rejection;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Brings one type from the spool to bronze. Of several readings of an id the last one counts; what
 * is as the last crawl saw it is not written again; what the last crawl saw and this one should
 * have seen again is gone. Ids are looked at a few million at a time.
 */
final class TypeToBronze {
  /** A slot's numbers: the last reading's ordinal, what was seen before, and how it went. */
  private static final int LAST = 0;

  private static final int HIGH = 1;
  private static final int LOW = 2;
  private static final int STATE = 3;
  private static final int WIDTH = 4;

  private static final long KNOWN = 1;
  private static final long REJECTED = 2;

  private final String type;
  private final Spool spool;
  private final Optional<CrawlIndex> before;
  private final Ways ways;
  private final int maxLine;
  private final StagedRows rows;
  private final CrawlIndex.Writer after;
  private final TypeCounts counts;
  private final Digest digest = new Digest();
  private long ordinal;

  /** What the crawl knows of searches and patients. */
  interface Ways {
    /** A search's name, without a patient. */
    String name(String search);

    /** Whether this crawl would have seen the resource again if it were still there. */
    boolean wouldSee(CrawlIndex.Seen seen);
  }

  /** Of one type, into these rows and that index. */
  TypeToBronze(
      String type,
      Spool spool,
      Optional<CrawlIndex> before,
      Ways ways,
      int maxLine,
      StagedRows rows,
      CrawlIndex.Writer after) {
    this.type = type;
    this.spool = spool;
    this.before = before;
    this.ways = ways;
    this.maxLine = maxLine;
    this.rows = rows;
    this.after = after;
    this.counts = new TypeCounts(type);
  }

  /**
   * Does it.
   *
   * @param mostIds that are looked at at one time
   */
  TypeCounts run(long mostIds) {
    long begin = System.nanoTime();
    long[] all = new long[1];
    boolean spooled = spool.types().contains(type);
    if (spooled) {
      spool.read(type, false, record -> all[0] += record.entries().size());
    }
    int parts = (int) (all[0] / mostIds) + 1;
    for (int part = 0; part < parts; part++) {
      part(spooled, part, parts);
    }
    after.end();
    counts.ms = (System.nanoTime() - begin) / 1_000_000;
    return counts;
  }

  private void part(boolean spooled, int part, int parts) {
    DigestTable table = new DigestTable(WIDTH);
    if (spooled) {
      lastReadings(table, part, parts);
      before.ifPresent(index -> index.read(seen -> remember(table, seen)));
      ordinal = 0;
      spool.read(type, true, record -> take(table, record, part, parts));
    }
    before.ifPresent(index -> index.read(seen -> missing(table, seen, part, parts)));
  }

  private boolean mine(String id, int part, int parts) {
    return Math.floorMod(digest.of(id).low(), parts) == part;
  }

  private void lastReadings(DigestTable table, int part, int parts) {
    ordinal = 0;
    spool.read(
        type,
        false,
        record -> {
          for (Entry entry : record.entries()) {
            ordinal++;
            if (!entry.id().isEmpty() && mine(entry.id(), part, parts)) {
              int slot = table.put(digest);
              if (entry.kind() == Entry.Kind.RESOURCE) {
                table.set(slot, LAST, ordinal);
              }
            }
          }
        });
  }

  private void remember(DigestTable table, CrawlIndex.Seen seen) {
    int slot = table.find(digest.of(seen.id()));
    if (slot >= 0) {
      table.set(slot, HIGH, seen.high());
      table.set(slot, LOW, seen.low());
      table.set(slot, STATE, KNOWN);
    }
  }

  private void take(DigestTable table, SpoolRecord record, int part, int parts) {
    if (part == 0 && record.byReference() && !record.codes().isEmpty()) {
      notFetched(record);
    }
    for (Entry entry : record.entries()) {
      ordinal++;
      boolean mine = entry.id().isEmpty() ? part == 0 : mine(entry.id(), part, parts);
      if (mine && entry.kind() == Entry.Kind.RESOURCE) {
        counts.received++;
        resource(table, record, entry);
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
          case WARNING -> "server-warning";
          default -> "attachment-not-fhir";
        };
    if (entry.kind() == Entry.Kind.SUBSETTED) {
      counts.received++;
      counts.rejected(reason);
    }
    rows.quarantine(reason, source(record), ordinal, record.body(), entry);
  }

  private void resource(DigestTable table, SpoolRecord record, Entry entry) {
    int slot = entry.id().isEmpty() ? -1 : table.find(digest.of(entry.id()));
    if (slot >= 0 && table.get(slot, LAST) != ordinal) {
      counts.duplicates++;
      return;
    }
    digest.of(record.body(), entry.offset(), entry.length());
    boolean same =
        slot >= 0
            && table.get(slot, STATE) == KNOWN
            && table.get(slot, HIGH) == digest.high()
            && table.get(slot, LOW) == digest.low();
    if (same) {
      counts.unchanged++;
      seen(record, entry);
    } else if (write(record, entry)) {
      seen(record, entry);
    } else if (slot >= 0) {
      table.set(slot, STATE, REJECTED);
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
    rows.resource(type, head, body, entry, source(record), ordinal);
    return true;
  }

  private void seen(SpoolRecord record, Entry entry) {
    boolean bySearch = !record.aside() && !record.byReference();
    after.add(
        new CrawlIndex.Seen(
            entry.id(),
            bySearch ? record.subject() : "",
            bySearch ? record.search() : "",
            digest.high(),
            digest.low(),
            record.readAt()));
  }

  /** What the last crawl saw and this one did not take: gone, or not asked for. */
  private void missing(DigestTable table, CrawlIndex.Seen seen, int part, int parts) {
    if (!mine(seen.id(), part, parts)) {
      return;
    }
    int slot = table.find(digest);
    boolean taken = slot >= 0 && table.get(slot, LAST) > 0 && table.get(slot, STATE) != REJECTED;
    if (taken) {
      return;
    }
    if (slot < 0 && ways.wouldSee(seen)) {
      counts.deleted++;
      rows.deleted(type, seen.id());
    } else {
      after.add(seen);
    }
  }

  private String source(SpoolRecord record) {
    if (record.byReference()) {
      return type + " by reference";
    }
    return record.aside() ? type + " beside others" : ways.name(record.search());
  }
}
