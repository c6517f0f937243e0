package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;

import io.epicfhir.common.Json;
import io.epicfhir.common.delta.CommitFiles;
import io.epicfhir.common.delta.CommitInfo;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.TableSignature;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The Delta table of silver: its log, and what is known of its content. */
public final class SilverTable {
  private final Lake lake;
  private final Path path;
  private final TableLog log;

  /** Of this lake. */
  public SilverTable(Lake lake) {
    this.lake = lake;
    this.path = lake.paths().silver();
    this.log = TableLog.of(lake, path);
  }

  /** Where it lies. */
  public Path path() {
    return path;
  }

  /** The log. */
  public TableLog log() {
    return log;
  }

  /**
   * Folders of the layout in which each type had a table of its own; empty where there are none.
   */
  List<Path> oldTables() {
    return lake.list(path).stream()
        .filter(FileStatus::isDirectory)
        .map(FileStatus::getPath)
        .filter(folder -> !folder.getName().startsWith(SilverSchema.PARTITION + "="))
        .filter(folder -> lake.exists(new Path(folder, "_delta_log")))
        .toList();
  }

  /**
   * What the table holds, or {@link SilverState#NONE} where there is none.
   *
   * @param session asked only where the table must be looked at
   */
  public SilverState state(Supplier<SparkSession> session) {
    OptionalLong content = TableSignature.content(log);
    if (content.isEmpty()) {
      return SilverState.NONE;
    }
    Optional<SilverState> known =
        left()
            .filter(state -> state.deltaVersion() == content.getAsLong())
            .filter(state -> sameCommit(state));
    return known.orElseGet(
        () ->
            keep(
                counted(session.get(), content.getAsLong())
                    .changedByOthers(left().orElse(SilverState.NONE).changedByOthers())));
  }

  private boolean sameCommit(SilverState state) {
    return log.identity(state.deltaVersion()).filter(state.identity()::equals).isPresent();
  }

  /** What this pipeline left. */
  Optional<SilverState> left() {
    return lake.read(stateFile())
        .map(text -> Json.read(text, SilverState.class, stateFile().toString()));
  }

  SilverState keep(SilverState state) {
    lake.write(stateFile(), Json.write(state));
    return state;
  }

  private Path stateFile() {
    return lake.paths().state("silver.json");
  }

  /**
   * What somebody else did to the table, by resource type, where it was not rebuilt since; empty
   * where nobody did. It is kept: this pipeline's next commit must not hide it.
   */
  Map<String, String> strange() {
    Optional<SilverState> left = left();
    if (left.isEmpty()) {
      return Map.of();
    }
    Map<String, String> known = left.get().changedByOthers();
    Set<String> rebuilt = new TreeSet<>();
    Map<String, String> all = new TreeMap<>(sinceThen(left.get(), rebuilt));
    known.forEach(
        (type, why) -> {
          if (!rebuilt.contains(type)) {
            all.put(type, why);
          }
        });
    if (!all.equals(known)) {
      keep(left.get().changedByOthers(all));
    }
    return all;
  }

  /** Those of the types that it may hold: none where it is not there. */
  Set<String> held(Set<String> types) {
    return log.version().isEmpty() ? Set.of() : types;
  }

  /**
   * @param rebuilt gets the types that a run of this pipeline rebuilt, and was killed before it
   *     could note it
   */
  private Map<String, String> sinceThen(SilverState state, Set<String> rebuilt) {
    OptionalLong newest = log.version();
    if (newest.isEmpty()) {
      return ofAll(state, "the table is gone");
    }
    if (newest.getAsLong() < state.deltaVersion()) {
      return ofAll(
          state,
          "the table's newest commit is %d, but the pipeline had written commit %d"
              .formatted(newest.getAsLong(), state.deltaVersion()));
    }
    Optional<String> identity = log.identity(state.deltaVersion());
    if (identity.isPresent() && !identity.get().equals(state.identity())) {
      return ofAll(state, "commit %d was replaced".formatted(state.deltaVersion()));
    }
    Optional<List<CommitFiles>> since = log.changes(state.deltaVersion(), newest.getAsLong());
    return since.map(commits -> byOthers(commits, rebuilt)).orElseGet(() -> byCount(state));
  }

  private static Map<String, String> ofAll(SilverState state, String why) {
    Map<String, String> all = new TreeMap<>();
    state.types().keySet().forEach(type -> all.put(type, why));
    return all;
  }

  private Map<String, String> byOthers(List<CommitFiles> commits, Set<String> rebuilt) {
    Map<String, String> strange = new TreeMap<>();
    for (CommitFiles commit : commits) {
      Optional<CommitInfo> info = log.info(commit.version());
      if (info.filter(TableSignature::isOurs).isPresent() || !commit.changesTable()) {
        Set<String> types = info.map(TableSignature::rebuilt).orElse(Set.of());
        strange.keySet().removeAll(types);
        rebuilt.addAll(types);
        continue;
      }
      String operation = info.map(CommitInfo::operation).orElse("unknown");
      String why =
          "commit %d (%s) was written by someone else".formatted(commit.version(), operation);
      java.util.stream.Stream.concat(commit.added().stream(), commit.removed().stream())
          .filter(CommitFiles.Change::dataChange)
          .map(change -> change.file().partitionValues().get(SilverSchema.PARTITION))
          .filter(java.util.Objects::nonNull)
          .forEach(type -> strange.putIfAbsent(type, why));
    }
    return strange;
  }

  /** Where the log was cleaned, the rows of each type are all that can be compared. */
  private Map<String, String> byCount(SilverState state) {
    Map<String, Long> rows = new HashMap<>();
    for (DataFile file : log.snapshot().orElseThrow().files()) {
      rows.merge(
          file.partitionValues().get(SilverSchema.PARTITION), file.rows().orElse(-1), Long::sum);
    }
    Map<String, String> strange = new TreeMap<>();
    state
        .types()
        .forEach(
            (type, known) -> {
              long now = rows.getOrDefault(type, 0L);
              if (now != known.rows()) {
                strange.put(
                    type,
                    "the table's log no longer has all commits, and the type has %d rows instead of %d"
                        .formatted(now, known.rows()));
              }
            });
    return strange;
  }

  private SilverState counted(SparkSession spark, long version) {
    Map<String, SilverState.TypeState> types = new LinkedHashMap<>();
    for (Row row :
        spark
            .read()
            .format("delta")
            .load(path.toString())
            .groupBy(SilverSchema.PARTITION)
            .agg(
                count_if(not(col("deleted"))),
                count_if(col("deleted")),
                coalesce(max(SilverSchema.VERSION), lit(-1L)),
                coalesce(min(SilverSchema.VERSION), lit(-1L)))
            .collectAsList()) {
      types.put(
          row.getString(0),
          new SilverState.TypeState(
              row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), 0));
    }
    return stateAt(version, types);
  }

  /** The state at a commit, with the sizes of the types' files. */
  SilverState stateAt(long version, Map<String, SilverState.TypeState> types) {
    TableSnapshot snapshot = log.snapshot().orElseThrow();
    Map<String, Long> bytes = new HashMap<>();
    snapshot
        .files()
        .forEach(
            file ->
                bytes.merge(
                    file.partitionValues().get(SilverSchema.PARTITION), file.bytes(), Long::sum));
    Map<String, SilverState.TypeState> sized = new TreeMap<>();
    types.forEach((type, state) -> sized.put(type, state.sized(bytes.getOrDefault(type, 0L))));
    return new SilverState(
        snapshot.tableId(), version, log.identity(version).orElse(""), sized, Map.of());
  }
}
