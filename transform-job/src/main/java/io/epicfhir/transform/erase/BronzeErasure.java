package io.epicfhir.transform.erase;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import io.epicfhir.common.optout.EntriesOfBundle;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.ParquetRows;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;

/**
 * Rewrites bronze's files without the erased rows. A new file takes the old one's place in the
 * landing in one step, with its rows and bytes, so that a landing is true at every moment; the old
 * file goes after that. The other rows stay verbatim, but Bundles of deletions, which speak of many
 * resources: they lose the entries that name an erased one.
 */
final class BronzeErasure {
  private static final String RESOURCE = "resource";

  private final Lake lake;
  private final Mentions erased;
  private final ThreadLocal<OptOuts> listed;
  private final AtomicLong rows = new AtomicLong();

  /**
   * @param listed the list: a second try no longer finds what the first one has rewritten, and what
   *     names it must go all the same
   */
  BronzeErasure(Lake lake, Mentions erased, OptOuts listed) {
    this.listed = ThreadLocal.withInitial(listed::copy);
    this.lake = lake;
    this.erased = erased;
  }

  /** Does it; how many rows went, and Bundles lost entries. */
  long run() {
    Landings landings = new Landings(lake);
    Set<String> named = new HashSet<>();
    for (Landing landing : landings.all()) {
      List<Landing.File> files =
          landing.files().parallelStream().map(this::without).flatMap(Optional::stream).toList();
      if (!files.equals(landing.files())) {
        Failpoint.at("erase.bronze");
        landings.publish(landing.shown(landing.landedAt(), files));
      }
      files.forEach(file -> named.add(place(lake.paths().at(file.path()))));
    }
    removeUnnamed(named);
    return rows.get();
  }

  private Optional<Landing.File> without(Landing.File file) {
    Path from = lake.paths().at(file.path());
    boolean deletions = file.kind() == Landing.Kind.DELETIONS;
    String type = file.resourceType();
    if (!ParquetRows.any(lake.hadoop(), from, row -> goes(type, deletions, row))) {
      return Optional.of(file);
    }
    String name = from.getName().replaceFirst("(-w[0-9a-f]{8})?\\.parquet$", "");
    String to =
        file.path().substring(0, file.path().lastIndexOf('/') + 1)
            + name
            + "-w"
            + UUID.randomUUID().toString().substring(0, 8)
            + ".parquet";
    ParquetRows.Copy copy =
        ParquetRows.copy(
            lake.hadoop(), from, lake.paths().at(to), row -> staying(type, deletions, row));
    return copy.rows() == 0
        ? Optional.empty()
        : Optional.of(new Landing.File(type, to, copy.rows(), copy.bytes(), file.kind()));
  }

  private boolean goes(String type, boolean deletions, Group row) {
    byte[] text = ParquetRows.bytes(row, RESOURCE);
    if (deletions) {
      return names(text);
    }
    String id = new String(ParquetRows.bytes(row, "id"), StandardCharsets.UTF_8);
    return RowRule.goes(erased, type, id, text)
        || listed.get().keepsOut(type, id, text, 0, text.length);
  }

  private boolean names(byte[] text) {
    return erased.in(text, 0, text.length) || listed.get().in(text, 0, text.length);
  }

  private Optional<Group> staying(String type, boolean deletions, Group row) {
    if (!goes(type, deletions, row)) {
      return Optional.of(row);
    }
    rows.incrementAndGet();
    if (!deletions) {
      return Optional.empty();
    }
    byte[] rest = EntriesOfBundle.without(ParquetRows.bytes(row, RESOURCE), this::names);
    return Optional.of(ParquetRows.with(row, RESOURCE, rest));
  }

  /**
   * Files that no landing names any more, or never did, and that name an erased resource: replaced
   * ones, and what a withdrawn landing or a try that broke off left.
   */
  private void removeUnnamed(Set<String> named) {
    List<Path> going = new ArrayList<>();
    for (FileStatus type : lake.list(lake.paths().at("bronze"))) {
      String name = type.getPath().getName().replaceFirst("^resource_type=", "");
      for (FileStatus date : lake.list(type.getPath())) {
        for (FileStatus file : date.isDirectory() ? lake.list(date.getPath()) : List.of(date)) {
          Path path = file.getPath();
          boolean unnamed = file.isFile() && !named.contains(place(path));
          if (unnamed
              && (isCopy(path)
                  || ParquetRows.any(lake.hadoop(), path, row -> namesOne(name, row)))) {
            going.add(path);
          }
        }
      }
    }
    going.forEach(lake::delete);
  }

  /** Where it lies: files of two types can have one name. */
  private static String place(Path file) {
    return file.toUri().getPath();
  }

  /** One that a try that broke off had not shown yet. */
  private static boolean isCopy(Path file) {
    return file.getName().matches(".*-w[0-9a-f]{8}\\.parquet");
  }

  private boolean namesOne(String type, Group row) {
    return goes(type, type.equals("Bundle"), row);
  }
}
