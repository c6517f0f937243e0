package io.epicfhir.transform.silver;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.delta.CopiedRows;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.delta.TableWriter;
import io.epicfhir.transform.delta.TaskProgress;
import io.epicfhir.transform.silver.SilverState.TypeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.SparkSession;

/** Writes what exports change into silver: new files, old rows out, one commit, the state. */
final class SilverCommit {
  private final SilverWork work;
  private final Optional<SparkSession> session;
  private final Set<String> rebuilt;
  private final TaskProgress progress;

  /**
   * @param session absent where all is done in this process
   */
  SilverCommit(
      SilverWork work, Optional<SparkSession> session, Set<String> rebuilt, TaskProgress progress) {
    this.work = work;
    this.session = session;
    this.rebuilt = rebuilt;
    this.progress = progress;
  }

  /**
   * Commits the changes, or nothing where there are none.
   *
   * @param all what they amount to
   * @param refused types that stay as they are
   * @return what silver holds then
   */
  SilverState commit(
      List<? extends SilverChange> changes,
      Map<String, SilverCounts> all,
      Set<String> refused,
      SilverState before) {
    Optional<TableSnapshot> snapshot = work.table().log().snapshot();
    long read = snapshot.map(TableSnapshot::version).orElse(-1L);
    long next = read + 1;
    Map<String, SilverCounts> counts = new TreeMap<>(all);
    counts.keySet().removeAll(refused);
    boolean same = rebuilt.isEmpty() && counts.values().stream().allMatch(c -> c.written() == 0);
    work.notes().keep(counts, before.deltaVersion(), same ? before.deltaVersion() : next);
    if (same) {
      return before;
    }
    boolean vectors =
        work.settings().vectors().wanted(snapshot.map(TableSnapshot::bytes).orElse(0L));
    if (snapshot.isPresent() && vectors && !snapshot.get().deletionVectorsEnabled()) {
      work.table()
          .log()
          .setProperties(Map.of("delta.enableDeletionVectors", "true"), work.signature());
      return commit(changes, all, refused, before);
    }
    TableWriter writer =
        new TableWriter(
            work.lake(),
            work.table().path(),
            SilverSchema.COLUMNS,
            Optional.of(SilverSchema.PARTITION),
            Optional.of(SilverSchema.VERSION));
    List<NewFile> add = new ArrayList<>();
    List<DataFile> remove = new ArrayList<>();
    progress.now("write silver's new rows");
    changes.forEach(change -> add.addAll(change.write(writer, next, refused)));
    Optional<TableWriter.Plan> old =
        snapshot.flatMap(now -> oldRows(writer, now, changes, refused, vectors));
    CopiedRows copies = old.map(TableWriter.Plan::copies).orElse(CopiedRows.NONE);
    old.ifPresent(plan -> remove.addAll(plan.remove()));
    List<DataFile> mark = old.map(TableWriter.Plan::mark).orElseGet(List::of);
    Set<String> replaced = new TreeSet<>(rebuilt);
    replaced.removeAll(refused);
    snapshot.map(TableSnapshot::files).orElse(List.of()).stream()
        .filter(f -> replaced.contains(f.partitionValues().get(SilverSchema.PARTITION)))
        .forEach(remove::add);
    String signature = TableSignature.rebuilding(work.signature(), replaced);
    Failpoint.at("silver.commit");
    long version =
        snapshot.isPresent()
            ? work.table().log().change(read, add, copies, remove, mark, signature)
            : work.table().log().create(SilverSchema.definition(vectors), add, signature);
    Failpoint.at("silver.committed");
    return committed(version, next, counts, replaced, before);
  }

  /** All at once: a file that is copied twice would have its rows twice. */
  private Optional<TableWriter.Plan> oldRows(
      TableWriter writer,
      TableSnapshot now,
      List<? extends SilverChange> changes,
      Set<String> refused,
      boolean vectors) {
    progress.now("delete silver's old rows");
    RowPositions going = new RowPositions();
    changes.forEach(change -> going.add(change.going(refused)));
    return going.files() == 0
        ? Optional.empty()
        : Optional.of(writer.take(session, now, going, vectors));
  }

  private SilverState committed(
      long version,
      long expected,
      Map<String, SilverCounts> counts,
      Set<String> replaced,
      SilverState before) {
    if (version != expected) {
      throw new JobException(
          ExitCode.DEFECT,
          "Someone else committed to silver during this run; find out who, and rerun the task");
    }
    Map<String, TypeState> types = new TreeMap<>(before.types());
    types.keySet().removeAll(replaced);
    // One without rows must be known, too: its views are of what silver had before.
    replaced.forEach(type -> types.put(type, new TypeState(0, 0, version, version, 0)));
    counts.forEach(
        (type, one) ->
            types.put(type, types.getOrDefault(type, TypeState.NONE).after(one, version)));
    Map<String, String> changed =
        new TreeMap<>(work.table().left().orElse(before).changedByOthers());
    changed.keySet().removeAll(replaced);
    SilverState after = work.table().stateAt(version, types).changedByOthers(changed);
    Map<String, Long> rows = SilverSchema.rowsByType(work.table().log().snapshot().orElseThrow());
    types.forEach(
        (type, state) -> {
          long has = rows.getOrDefault(type, 0L);
          if (has != state.rows()) {
            work.problems()
                .refuse(
                    "Silver %s has %d rows after commit %d, but should have %d; rerun from transform with types = %s"
                        .formatted(type, has, version, state.rows(), type));
          }
        });
    return work.table().keep(after);
  }
}
