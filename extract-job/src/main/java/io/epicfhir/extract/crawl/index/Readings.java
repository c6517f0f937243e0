package io.epicfhir.extract.crawl.index;

/**
 * What is known of the ids of a type, or of a part of them: which reading of each is the last, what
 * the last crawl saw, and what became of it.
 */
public final class Readings {
  private static final int LAST = 0;
  private static final int HIGH = 1;
  private static final int LOW = 2;
  private static final int STATE = 3;
  private static final int WIDTH = 4;

  private static final long KNOWN = 1;
  private static final long REJECTED = 2;

  private final DigestTable table = new DigestTable(WIDTH);
  private final DigestTable gone = new DigestTable(0);
  private final DigestTable missing = new DigestTable(0);
  private final DigestTable refused = new DigestTable(1);
  private final Digest digest = new Digest();
  private final int part;
  private final int parts;

  /**
   * @param part from 0 on
   * @param parts how many there are, dealt by the ids' digests
   */
  public Readings(int part, int parts) {
    this.part = part;
    this.parts = parts;
  }

  /** Whether the id belongs to this part; what has no id belongs to the first. */
  public boolean mine(String id) {
    return id.isEmpty() ? part == 0 : Math.floorMod(digest.of(id).low(), parts) == part;
  }

  public boolean first() {
    return part == 0;
  }

  /** An id was read; whole, so that it counts, or only in part. */
  public void read(String id, boolean whole, long ordinal) {
    int slot = table.put(digest.of(id));
    if (whole) {
      table.set(slot, LAST, ordinal);
    }
  }

  /** The last crawl saw it so. */
  public void before(CrawlIndex.Seen seen) {
    int slot = table.find(digest.of(seen.id()));
    if (slot >= 0) {
      table.set(slot, HIGH, seen.high());
      table.set(slot, LOW, seen.low());
      table.set(slot, STATE, KNOWN);
    }
  }

  /** Whether no later reading of the id counts more. */
  public boolean last(String id, long ordinal) {
    return id.isEmpty() || table.get(table.find(digest.of(id)), LAST) == ordinal;
  }

  /** Whether the last crawl saw the same content. */
  public boolean same(String id, Digest content) {
    int slot = id.isEmpty() ? -1 : table.find(digest.of(id));
    return slot >= 0
        && table.get(slot, STATE) == KNOWN
        && table.get(slot, HIGH) == content.high()
        && table.get(slot, LOW) == content.low();
  }

  /** The reading that counts cannot be taken in. */
  public void rejected(String id) {
    if (!id.isEmpty()) {
      table.set(table.find(digest.of(id)), STATE, REJECTED);
    }
  }

  /** An id that the last crawl saw was not read: true where that is said for the first time. */
  public boolean missing(String id) {
    return missing.add(digest.of(id));
  }

  /** The server says that it has no resource of the id. */
  public void gone(String id) {
    gone.add(digest.of(id));
  }

  /** Whether the server said so. */
  public boolean isGone(String id) {
    return gone.find(digest.of(id)) >= 0;
  }

  /** The server refused to say of the id whether it has a resource of it. */
  public void refused(String id, long time) {
    refused.set(refused.put(digest.of(id)), 0, time);
  }

  /** When the server refused that; 0 where it did not. */
  public long refusedAt(String id) {
    int slot = refused.find(digest.of(id));
    return slot < 0 ? 0 : refused.get(slot, 0);
  }

  /** Whether the id was read at all. */
  public boolean seen(String id) {
    return table.find(digest.of(id)) >= 0;
  }

  /** Whether a reading of the id was taken in, or is as it was. */
  public boolean taken(String id) {
    int slot = table.find(digest.of(id));
    return slot >= 0 && table.get(slot, LAST) > 0 && table.get(slot, STATE) != REJECTED;
  }
}
