package io.epicfhir.extract.crawl;

import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;

/**
 * The resources of a type that earlier crawls may have shown: those of the newest index. Where
 * later crawls' indexes are lost, also those that they brought to bronze: of these the search is
 * not known, and a read of each decides.
 */
final class KnownResources {
  private static final String ID_COLUMN = "message bronze { optional binary id (STRING); }";

  private final Lake lake;
  private final Optional<CrawlIndex> index;
  private final List<Landing> withoutIndex;
  private final String type;
  private final boolean exported;

  KnownResources(Lake lake, String type, Optional<CrawlIndex> index, List<Landing> withoutIndex) {
    this(lake, type, index, withoutIndex, false);
  }

  private KnownResources(
      Lake lake,
      String type,
      Optional<CrawlIndex> index,
      List<Landing> withoutIndex,
      boolean exported) {
    this.lake = lake;
    this.type = type;
    this.index = index;
    this.withoutIndex = List.copyOf(withoutIndex);
    this.exported = exported;
  }

  /** The same, where whatever is in bronze came with an export. */
  KnownResources fromExports() {
    return new KnownResources(lake, type, index, withoutIndex, true);
  }

  /** Gives each to the reader; one may come twice. */
  void read(CrawlIndex.Reader reader) {
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
    ids(
        lake,
        file,
        id -> {
          try {
            reader.read(
                exported ? CrawlIndex.Seen.exported(id) : CrawlIndex.Seen.lost(id, readAt));
          } catch (IOException e) {
            throw StorageFailure.of("read " + file, e);
          }
        });
  }

  /** Gives each id of a bronze file. */
  static void ids(Lake lake, Path file, Consumer<String> reader) {
    Configuration onlyIds = new Configuration(lake.hadoop());
    onlyIds.set(ReadSupport.PARQUET_READ_SCHEMA, ID_COLUMN);
    try (ParquetReader<Group> rows =
        ParquetReader.builder(new GroupReadSupport(), file).withConf(onlyIds).build()) {
      for (Group row = rows.read(); row != null; row = rows.read()) {
        if (row.getFieldRepetitionCount(0) > 0) {
          reader.accept(row.getString(0, 0));
        }
      }
    } catch (IOException e) {
      throw StorageFailure.of("read " + file, e);
    }
  }
}
