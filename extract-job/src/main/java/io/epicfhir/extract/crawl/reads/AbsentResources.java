package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.KnownResources;
import io.epicfhir.extract.crawl.index.Readings;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.spool.Spool;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Finds the resources that were there before and that now neither a search, a read by id nor an
 * export has brought. Looks at a few million ids at a time.
 */
public final class AbsentResources {
  /** Some 20 bytes each in memory. */
  private static final long MOST_IDS = 3_000_000;

  private final Spool spool;
  private final ExportedIds exported;

  /** The ids that an export brought, which are not in the spool. */
  public interface ExportedIds {
    /** There is no export. */
    ExportedIds NONE =
        new ExportedIds() {
          @Override
          public long rows(String type) {
            return 0;
          }

          @Override
          public void ids(String type, Consumer<String> reader) {}
        };

    /** Rows of a type; one id can have several. */
    long rows(String type);

    /** Gives each id of a type; one may come twice. */
    void ids(String type, Consumer<String> reader);
  }

  public AbsentResources(Spool spool, ExportedIds exported) {
    this.spool = spool;
    this.exported = exported;
  }

  /**
   * Gives each absent resource of a type once.
   *
   * @param known what was there before
   * @param expected whether it should have come again if it were still there
   */
  public void find(
      String type,
      KnownResources known,
      Predicate<CrawlIndex.Seen> expected,
      Consumer<CrawlIndex.Seen> absent) {
    boolean spooled = spool.types().contains(type);
    long[] all = {exported.rows(type)};
    if (spooled) {
      spool.read(type, false, record -> all[0] += record.entries().size());
    }
    int parts = (int) (all[0] / MOST_IDS) + 1;
    for (int part = 0; part < parts; part++) {
      Readings readings = new Readings(part, parts);
      if (spooled) {
        spool.read(type, false, record -> answered(readings, record));
      }
      exported.ids(type, id -> came(readings, id, true));
      known.read(
          seen -> {
            boolean open = readings.mine(seen.id()) && !readings.seen(seen.id());
            if (open && !readings.isGone(seen.id()) && expected.test(seen)) {
              came(readings, seen.id(), false); // lost indexes and bronze can name it twice
              absent.accept(seen);
            }
          });
    }
  }

  private static void answered(Readings readings, SpoolRecord record) {
    if (record.gone() && readings.mine(record.subject())) {
      readings.gone(record.subject());
    }
    for (Entry entry : record.entries()) {
      if (!entry.id().isEmpty()) {
        came(readings, entry.id(), entry.whole());
      }
    }
  }

  private static void came(Readings readings, String id, boolean whole) {
    if (readings.mine(id)) {
      readings.read(id, whole, 1);
    }
  }
}
