package io.epicfhir.transform;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.delta.CopiedRows;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.PackedBitmap;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableWriter;
import io.epicfhir.transform.silver.SilverState;
import io.epicfhir.transform.views.Refusal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.Path;
import org.roaringbitmap.RoaringBitmap;

/** What becomes of one view in a run: its parts are put together and committed, or refused. */
final class ViewUpdate {
  private final Lake lake;
  private final String type;
  private final ViewTable table;
  private final Optional<ViewState> from;
  private final boolean leaveOut;
  private final Optional<TableSnapshot> snapshot;

  /** What a view's tasks gave, added up. */
  private static final class Sum {
    private final List<NewFile> fresh = new ArrayList<>();
    private final List<NewFile> copied = new ArrayList<>();
    private final Map<Refusal, Long> refused = new HashMap<>();
    private final RoaringBitmap removed = new RoaringBitmap();
    private final List<Map<String, byte[]>> positions = new ArrayList<>();
    private long resources;
    private long letThrough;

    Sum(List<ViewPart> parts) {
      for (ViewPart part : parts) {
        if (part.file() != null) {
          (part.removed() == null ? fresh : copied).add(part.file());
        }
        if (part.removed() != null) {
          removed.or(PackedBitmap.unpack(part.removed()));
        }
        positions.add(part.positions());
        part.refused().forEach((refusal, times) -> refused.merge(refusal, times, Long::sum));
        resources += part.resources();
        letThrough += part.letThrough();
      }
    }
  }

  /**
   * @param from the state that the table is brought up to date from; empty where it is built anew
   * @param leaveOut whether resources that do not fit are left out instead of stopping the view
   */
  ViewUpdate(Lake lake, String type, ViewTable table, Optional<ViewState> from, boolean leaveOut) {
    this(lake, type, table, from, leaveOut, table.log().snapshot());
  }

  private ViewUpdate(
      Lake lake,
      String type,
      ViewTable table,
      Optional<ViewState> from,
      boolean leaveOut,
      Optional<TableSnapshot> snapshot) {
    this.lake = lake;
    this.type = type;
    this.table = table;
    this.from = from;
    this.leaveOut = leaveOut;
    this.snapshot = snapshot;
  }

  String type() {
    return type;
  }

  ViewPlan plan() {
    return table.plan();
  }

  ViewTable table() {
    return table;
  }

  Optional<ViewState> from() {
    return from;
  }

  /** The same view built anew. */
  ViewUpdate anew() {
    return new ViewUpdate(lake, type, table, Optional.empty(), leaveOut, snapshot);
  }

  /** The version of silver that its rows are of; -1 where all are computed again. */
  long since() {
    return from.map(ViewState::silverVersion).orElse(ViewTable.NOTHING);
  }

  /** The table's files, where rows of it stay. */
  List<DataFile> files() {
    return from.isEmpty() ? List.of() : snapshot.map(TableSnapshot::files).orElse(List.of());
  }

  boolean marks(DeletionVectors vectors) {
    return vectors.wanted(snapshot.map(TableSnapshot::bytes).orElse(0L));
  }

  /** Removes the list of resources that do not fit: it is written once more. */
  void forgetRefused() {
    lake.delete(refusedFolder());
  }

  /** Where the list of resources that do not fit lies. */
  Path refusedFolder() {
    return lake.paths().at("quarantine/view=" + plan().name());
  }

  /**
   * Commits, at most once.
   *
   * @param parts what the tasks gave
   * @param silver what the view is of
   * @throws ViewRefused where resources do not fit and the view stops for that
   */
  ViewState commit(
      List<ViewPart> parts, SilverState silver, DeletionVectors vectors, String signature) {
    Sum sum = new Sum(parts);
    long refused = sum.refused.values().stream().mapToLong(Long::longValue).sum();
    if (refused > 0 && !leaveOut) {
      remove(sum);
      throw new ViewRefused(plan().name(), type, sum.refused, refusedFolder());
    }
    Failpoint.at("view.commit");
    ViewState state =
        from.isEmpty()
            ? built(sum, refused, silver, vectors, signature)
            : changed(sum, refused, silver, vectors, signature);
    Failpoint.at("view.committed");
    return table.keep(state);
  }

  private ViewState built(
      Sum sum, long refused, SilverState silver, DeletionVectors vectors, String signature) {
    long bytes = sum.fresh.stream().mapToLong(NewFile::bytes).sum();
    var definition = table.definition(vectors.wanted(bytes));
    long version =
        snapshot.isPresent()
            ? table.log().replace(definition, sum.fresh, signature)
            : table.log().create(definition, sum.fresh, signature);
    return state(version, silver, sum.resources, sum.letThrough, refused);
  }

  private ViewState changed(
      Sum sum, long refused, SilverState silver, DeletionVectors vectors, String signature) {
    ViewState before = from.orElseThrow();
    long leftOut = before.leftOut() + refused;
    boolean marks = marks(vectors);
    boolean sameRows = sum.fresh.isEmpty() && sum.removed.isEmpty();
    if (sameRows) {
      removeFiles(sum.copied);
      return before.at(silver, through(before, sum), leftOut);
    }
    TableSnapshot now = snapshot.orElseThrow();
    TableWriter.Plan old = oldRows(sum, now, marks);
    long read = now.version();
    if (!old.mark().isEmpty() && !now.deletionVectorsEnabled()) {
      read = table.log().setProperties(Map.of("delta.enableDeletionVectors", "true"), signature);
    }
    long version =
        table.log().change(read, sum.fresh, old.copies(), old.remove(), old.mark(), signature);
    long resources = before.resources() - sum.removed.getLongCardinality() + sum.resources;
    return state(version, silver, resources, through(before, sum), leftOut);
  }

  private TableWriter.Plan oldRows(Sum sum, TableSnapshot now, boolean marks) {
    RowPositions going = RowPositions.of(sum.positions);
    if (marks) {
      return TableWriter.mark(lake, table.path(), now, going);
    }
    if (sum.removed.isEmpty()) {
      removeFiles(sum.copied);
      return new TableWriter.Plan(CopiedRows.NONE, List.of(), List.of());
    }
    return new TableWriter.Plan(
        new CopiedRows(sum.copied, going.of(now.files(), table.path())), now.files(), List.of());
  }

  /**
   * How many resources the where lets through now. Of a resource without rows nobody knows any more
   * whether it was let through before; but of most views each that is let through has a row.
   */
  private Long through(ViewState before, Sum sum) {
    return plan().rowForEachResource() && before.letThrough() != null
        ? (Long) (before.letThrough() - sum.removed.getLongCardinality() + sum.letThrough)
        : null;
  }

  private ViewState state(
      long version, SilverState silver, long resources, Long through, long leftOut) {
    TableSnapshot now = table.log().snapshot().orElseThrow();
    OptionalLong rows = now.rows();
    return new ViewState(
        plan().name(),
        plan().hash(),
        silver.tableId(),
        silver.deltaVersion(),
        silver.identity(),
        version,
        table.log().identity(version).orElse(""),
        rows.orElse(-1),
        now.bytes(),
        resources,
        through,
        leftOut);
  }

  private void remove(Sum sum) {
    removeFiles(sum.fresh);
    removeFiles(sum.copied);
    table.removeLeftovers();
  }

  private void removeFiles(List<NewFile> files) {
    files.forEach(file -> lake.delete(new Path(table.path(), file.path())));
  }
}
