package io.epicfhir.transform.erase;

import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.EntriesOfBundle;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.ParquetRows;
import io.epicfhir.transform.bronze.BronzeRewrite;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;

/**
 * Rewrites bronze's files without the erased rows. The other rows stay verbatim, but Bundles of
 * deletions, which speak of many resources: they lose the entries that name an erased one.
 */
final class BronzeErasure {
  private static final String RESOURCE = "resource";

  private final Lake lake;
  private final Mentions erased;
  private final MovedResources moved;
  private final ThreadLocal<OptOuts> listed;
  private final Queue<OptOuts> copies = new ConcurrentLinkedQueue<>();
  private final AtomicLong rows = new AtomicLong();

  /**
   * @param listed the list: a second try no longer finds what the first one has rewritten, and what
   *     names it must go all the same
   */
  BronzeErasure(Lake lake, Mentions erased, OptOuts listed) {
    this(lake, erased, MovedResources.none(), listed);
  }

  /**
   * @param moved resources that go as far as they landed by a time, whomever they name
   */
  BronzeErasure(Lake lake, Mentions erased, MovedResources moved, OptOuts listed) {
    this.moved = moved;
    this.listed =
        ThreadLocal.withInitial(
            () -> {
              OptOuts copy = listed.copy();
              copies.add(copy);
              return copy;
            });
    this.lake = lake;
    this.erased = erased;
  }

  /** Does it; how many rows went, and Bundles lost entries. */
  long run() {
    BronzeRewrite rewrite = new BronzeRewrite(lake);
    for (Landing landing : rewrite.landings()) {
      rewrite.show(landing, without(rewrite, landing), "erase.bronze");
    }
    // When a file landed that no landing names is not known: any version of what moved goes.
    rewrite.removeUnnamed(
        (type, file) ->
            ParquetRows.any(
                lake.hadoop(),
                file.getPath(),
                row -> goes(type, Instant.MIN, type.equals("Bundle"), row)));
    return rows.get();
  }

  /**
   * The same for some exports' landings alone. One with a file that cannot be read stays as it is.
   *
   * @param before files that no landing names are looked at where they are older: a try that broke
   *     off may have left one that a copy had taken the place of
   * @return the exports whose landings have nothing of them
   */
  Set<String> run(Set<String> exports, Instant before) {
    BronzeRewrite rewrite = new BronzeRewrite(lake);
    Set<String> clean = new TreeSet<>();
    for (Landing landing : rewrite.landings()) {
      boolean chosen =
          exports.contains(landing.exportId())
              && landing.files().stream().allMatch(f -> LandedFile.anyProblem(lake, f).isEmpty());
      rewrite.show(landing, chosen ? without(rewrite, landing) : landing.files(), "erase.bronze");
      if (chosen) {
        clean.add(landing.exportId());
      }
    }
    rewrite.removeUnnamed(
        (type, file) ->
            file.getModificationTime() <= before.toEpochMilli() && namesOne(type, file.getPath()));
    return clean;
  }

  private boolean namesOne(String type, Path file) {
    try {
      return ParquetRows.any(lake.hadoop(), file, row -> goes(type, type.equals("Bundle"), row));
    } catch (JobException e) {
      return false; // no whole file, and no landing's
    }
  }

  /** How many rows went so far, and Bundles lost entries. */
  long rows() {
    return rows.get();
  }

  /**
   * Hashes of what went because it names somebody, and was not on the list. What has another
   * version in bronze that stays is not hers alone: it was moved from one patient to another.
   */
  Set<String> learned() {
    Set<String> learned = new TreeSet<>();
    copies.forEach(copy -> learned.addAll(copy.learned()));
    if (!learned.isEmpty()) {
      Set<String> staying = ConcurrentHashMap.newKeySet();
      for (Landing landing : new Landings(lake).all()) {
        landing.files().parallelStream()
            .filter(file -> file.kind() == Landing.Kind.RESOURCES)
            .filter(file -> !file.resourceType().equals("Patient"))
            .filter(file -> LandedFile.problem(lake, file).isEmpty())
            .forEach(file -> addWhole(file, learned, staying));
      }
      learned.removeAll(staying);
    }
    return learned;
  }

  /** One with a damaged page says nothing; its export is left out. */
  private void addWhole(Landing.File file, Set<String> of, Set<String> found) {
    try {
      addHashes(file, of, found);
    } catch (JobException e) {
      if (LandedFile.pageProblem(lake, file).isEmpty()) {
        throw e;
      }
    }
  }

  private void addHashes(Landing.File file, Set<String> of, Set<String> found) {
    ParquetRows.any(
        lake.hadoop(),
        lake.paths().at(file.path()),
        row -> {
          String id = new String(ParquetRows.bytes(row, "id"), StandardCharsets.UTF_8);
          for (String hash : listed.get().hashesOf(file.resourceType() + "/" + id)) {
            if (of.contains(hash)) {
              found.add(hash);
            }
          }
          return false;
        });
  }

  private List<Landing.File> without(BronzeRewrite rewrite, Landing landing) {
    return landing.files().parallelStream()
        .map(file -> without(rewrite, landing.transactionTime(), file))
        .flatMap(Optional::stream)
        .toList();
  }

  private Optional<Landing.File> without(BronzeRewrite rewrite, Instant time, Landing.File file) {
    Path from = lake.paths().at(file.path());
    boolean deletions = file.kind() == Landing.Kind.DELETIONS;
    String type = file.resourceType();
    return ParquetRows.any(lake.hadoop(), from, row -> goes(type, time, deletions, row))
        ? rewrite.copy(file, row -> staying(type, time, deletions, row))
        : Optional.of(file);
  }

  private boolean goes(String type, Instant time, boolean deletions, Group row) {
    String id = new String(ParquetRows.bytes(row, "id"), StandardCharsets.UTF_8);
    return (!deletions && moved.has(type, id, time)) || goes(type, deletions, row);
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

  private Optional<Group> staying(String type, Instant time, boolean deletions, Group row) {
    if (!goes(type, time, deletions, row)) {
      return Optional.of(row);
    }
    rows.incrementAndGet();
    if (!deletions) {
      return Optional.empty();
    }
    byte[] rest = EntriesOfBundle.without(ParquetRows.bytes(row, RESOURCE), this::names);
    return Optional.of(ParquetRows.with(row, RESOURCE, rest));
  }
}
