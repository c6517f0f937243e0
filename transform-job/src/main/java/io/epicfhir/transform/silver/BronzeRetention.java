package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.transform.Failures;
import io.epicfhir.transform.bronze.BronzeRewrite;
import io.epicfhir.transform.delta.InternalRows;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Takes out of bronze what is older than a moment and no table stands on any more: versions that a
 * newer one of the same source replaced, and resources that were gone by then. What silver is, and
 * what it becomes when it is rebuilt from bronze, stays the same; a resource that was gone then is
 * no longer in it as a tombstone. The caller holds the lock of the tables.
 */
public final class BronzeRetention {
  private final Lake lake;
  private final SparkSession spark;

  public BronzeRetention(Lake lake, SparkSession spark) {
    this.lake = lake;
    this.spark = spark;
  }

  /**
   * What was taken out.
   *
   * @param bytesFreed on storage; what was not in a landing any more counts, too
   * @param damaged exports whose files are not as they landed, and what is wrong; they stay
   */
  public record Done(long rowsRemoved, long bytesFreed, Map<String, String> damaged) {}

  /**
   * Does it.
   *
   * @param horizon exports that landed later are not looked at, as if they were not there
   * @throws JobException where landings of applied exports are missing: nothing is taken out then
   */
  public Done removeObsolete(Instant horizon) {
    Set<String> gone = new AppliedExports(lake).landingsGone();
    if (!gone.isEmpty()) {
      // Of their files nobody would know that they belong to an export.
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot delete old rows of bronze: the files of exports "
              + String.join(", ", gone)
              + " in state/landings are missing; restore them from a backup of the lake");
    }
    BronzeRewrite rewrite = new BronzeRewrite(lake);
    List<Landing> old = old(horizon);
    Map<String, String> damaged = new BronzeFiles(lake).damaged(old);
    Backlog sound = Silver.withoutDamaged(backlog(old), damaged.keySet());
    Map<String, BitSet> obsolete;
    try {
      obsolete = obsolete(sound);
    } catch (Exception e) { // Spark throws checked ones without saying so
      Map<String, String> pages = new BronzeFiles(lake).damagedPages(sound.all());
      if (pages.isEmpty()) {
        throw Failures.of("bronze", e);
      }
      damaged.putAll(pages);
      sound = Silver.withoutDamaged(sound, pages.keySet());
      obsolete = obsolete(sound);
    }
    WeighedExports.read(lake).add(lake, sound.all(), new ExportChain(lake, rewrite.landings()));
    long rows = 0;
    long bytes = 0;
    for (Landing landing : rewrite.landings()) {
      Optional<String> problem = problem(landing, obsolete);
      if (problem.isPresent()) {
        // A copy would look sound, and what stands on the rows beside it would be gone.
        damaged.put(landing.exportId(), problem.get());
        rewrite.show(landing, landing.files(), "care.bronze");
        continue;
      }
      List<Landing.File> files = new ArrayList<>();
      for (Landing.File file : landing.files()) {
        BitSet going = obsolete.get(place(lake.paths().at(file.path())));
        if (going == null) {
          files.add(file);
          continue;
        }
        Optional<Landing.File> copy = without(rewrite, file, going);
        copy.ifPresent(files::add);
        rows += going.cardinality();
        bytes += file.bytes() - copy.map(Landing.File::bytes).orElse(0L);
      }
      rewrite.show(landing, files, "care.bronze");
    }
    rewrite.removeUnnamed((type, file) -> file.getModificationTime() < horizon.toEpochMilli());
    return new Done(rows, bytes, damaged);
  }

  /** What is wrong with the files of a landing that are to lose rows. */
  private Optional<String> problem(Landing landing, Map<String, BitSet> obsolete) {
    return landing.files().stream()
        .filter(file -> obsolete.containsKey(place(lake.paths().at(file.path()))))
        .flatMap(
            file ->
                LandedFile.anyProblem(lake, file)
                    .map(why -> BronzeFiles.message(landing, file.path(), why))
                    .stream())
        .findFirst();
  }

  private static Optional<Landing.File> without(
      BronzeRewrite rewrite, Landing.File file, BitSet going) {
    if (going.cardinality() == file.rows()) {
      return Optional.empty();
    }
    int[] row = {0};
    return rewrite.copy(file, one -> going.get(row[0]++) ? Optional.empty() : Optional.of(one));
  }

  /** Landings that the tables have taken in, and that landed before. */
  private List<Landing> old(Instant horizon) {
    AppliedExports applied = new AppliedExports(lake);
    Set<String> pending =
        applied.backlog(Set.of()).pending().stream()
            .map(Landing::exportId)
            .collect(Collectors.toSet());
    return applied.landings().stream()
        .filter(landing -> !pending.contains(landing.exportId()))
        .filter(landing -> landing.landedAt() == null || landing.landedAt().isBefore(horizon))
        .filter(landing -> landing.transactionTime().isBefore(horizon))
        .toList();
  }

  private static Backlog backlog(List<Landing> landings) {
    return Backlog.of(landings, List.of(), Set.of(), false);
  }

  /** The rows that go, by the path of their file. */
  private Map<String, BitSet> obsolete(Backlog backlog) {
    Map<String, BitSet> obsolete = new HashMap<>();
    if (backlog.resourceFiles().isEmpty()) {
      return obsolete;
    }
    SparkSession session = SilverSession.of(spark, 0, backlog.bytes());
    Set<String> types = new TreeSet<>(backlog.pendingTypes());
    ExportFacts facts = new ExportFacts(backlog, types, HeldBack.NONE);
    BronzeRows bronze = new BronzeRows(session, lake.paths(), backlog, facts);
    Dataset<Row> said = said(bronze.sightingsInFiles(), true);
    Optional<Dataset<Row>> gone =
        bronze.deletionBundles().map(rows -> DeletedEntries.good(DeletedEntries.of(rows, types)));
    if (gone.isPresent()) {
      said = said.union(said(gone.get(), false));
    }
    Map<UTF8String, ExportFact> exports = new TreeMap<>();
    backlog.all().stream().map(facts::of).forEach(fact -> exports.put(fact.exportId(), fact));
    Dataset<Row> sorted =
        said.repartition(col("resource_type"), col("id"))
            .sortWithinPartitions("resource_type", "id");
    Iterator<Row> places =
        InternalRows.mapped(
                session, sorted, new ObsoleteSightingsTask(exports), ObsoleteSightingsTask.PLACE)
            .toLocalIterator();
    while (places.hasNext()) {
      Row row = places.next();
      obsolete
          .computeIfAbsent(place(new Path(URI.create(row.getString(0)))), file -> new BitSet())
          .set(Math.toIntExact(row.getLong(1)));
    }
    return obsolete;
  }

  private static Dataset<Row> said(Dataset<Row> rows, boolean sighted) {
    List<String> has = List.of(rows.columns());
    List<Column> columns = new ArrayList<>();
    for (StructField field : ObsoleteSightingsTask.SAID.fields()) {
      boolean known = has.contains(field.name()) && (sighted || columns.size() < 5);
      Column value =
          field.name().equals("sighted")
              ? lit(sighted)
              : known ? col(field.name()) : lit(null).cast(field.dataType());
      columns.add(value.as(field.name()));
    }
    return rows.select(columns.toArray(Column[]::new));
  }

  private static String place(Path file) {
    return file.toUri().getPath();
  }
}
