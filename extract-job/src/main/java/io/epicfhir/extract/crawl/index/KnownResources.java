package io.epicfhir.extract.crawl.index;

import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bronze.BronzeColumn;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.hadoop.fs.Path;

/**
 * The resources of a type that earlier crawls may have shown: those of the newest index. Where
 * later crawls' indexes are lost, also those that they brought to bronze: of these the search is
 * not known, and a read of each decides.
 */
public final class KnownResources {
  private final Lake lake;
  private final Optional<CrawlIndex> index;
  private final List<Landing> withoutIndex;
  private final String type;
  private final Predicate<Landing> exported;

  public KnownResources(
      Lake lake, String type, Optional<CrawlIndex> index, List<Landing> withoutIndex) {
    this(lake, type, index, withoutIndex, landing -> false);
  }

  private KnownResources(
      Lake lake,
      String type,
      Optional<CrawlIndex> index,
      List<Landing> withoutIndex,
      Predicate<Landing> exported) {
    this.lake = lake;
    this.type = type;
    this.index = index;
    this.withoutIndex = List.copyOf(withoutIndex);
    this.exported = exported;
  }

  /** The same, where whatever is in bronze came with an export. */
  public KnownResources fromExports() {
    return new KnownResources(lake, type, index, withoutIndex, landing -> true);
  }

  /** The same, where an export that was complete for the type held all that it brought of it. */
  public KnownResources exportedWhereComplete() {
    return new KnownResources(
        lake, type, index, withoutIndex, landing -> landing.isCompleteFor(type));
  }

  /** Gives each to the reader; one may come twice. */
  public void read(CrawlIndex.Reader reader) {
    index.ifPresent(known -> known.read(reader));
    for (Landing landing : withoutIndex) {
      for (Landing.File file : landing.files()) {
        if (file.resourceType().equals(type) && file.kind() == Landing.Kind.RESOURCES) {
          read(lake.paths().at(file.path()), landing, reader);
        }
      }
    }
  }

  private void read(Path file, Landing landing, CrawlIndex.Reader reader) {
    long readAt = landing.transactionTime().toEpochMilli();
    boolean held = exported.test(landing);
    ids(
        lake,
        file,
        id -> {
          try {
            reader.read(held ? CrawlIndex.Seen.exported(id) : CrawlIndex.Seen.lost(id, readAt));
          } catch (IOException e) {
            throw StorageFailure.of("read " + file, e);
          }
        });
  }

  /** Gives each id of a bronze file. */
  public static void ids(Lake lake, Path file, Consumer<String> reader) {
    BronzeColumn.read(lake.hadoop(), file, "id", id -> reader.accept(id.toStringUsingUTF8()));
  }
}
