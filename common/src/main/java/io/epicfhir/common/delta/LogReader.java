package io.epicfhir.common.delta;

import io.delta.kernel.CommitActions;
import io.delta.kernel.CommitRangeBuilder.CommitBoundary;
import io.delta.kernel.SnapshotBuilder;
import io.delta.kernel.TableManager;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.exceptions.KernelEngineException;
import io.delta.kernel.internal.DeltaLogActionUtils.DeltaAction;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.ScanImpl;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.Metadata;
import io.delta.kernel.internal.actions.RemoveFile;
import io.delta.kernel.internal.deletionvectors.DeletionVectorStoredBitmap;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.utils.CloseableIterator;
import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.roaringbitmap.RoaringBitmap;

/** Reads a log by Kernel; asks for nothing that is not there. */
final class LogReader {
  private final Lake lake;
  private final Engine engine;
  private final Path table;
  private final Path log;

  LogReader(Lake lake, Engine engine, Path table) {
    this.lake = lake;
    this.engine = engine;
    this.table = table;
    this.log = new Path(table, "_delta_log");
  }

  LogListing listing() {
    return LogListing.of(lake, log);
  }

  Optional<CommitInfo> info(long version) {
    return KernelFailure.told("read", table, () -> CommitInfoFile.read(lake, table, log, version));
  }

  /** The commits after one version up to another, where they are all there. */
  Optional<List<CommitFiles>> changes(long fromExclusive, long toInclusive) {
    if (fromExclusive >= toInclusive) {
      return Optional.of(List.of());
    }
    return listing().hasCommits(fromExclusive + 1, toInclusive)
        ? Optional.of(commits(fromExclusive + 1, toInclusive))
        : Optional.empty();
  }

  /**
   * Kernel's view of a version.
   *
   * @param version empty for the newest
   */
  SnapshotImpl load(OptionalLong version) {
    return KernelFailure.told(
        "read",
        table,
        () -> {
          SnapshotBuilder builder = TableManager.loadSnapshot(table.toString());
          version.ifPresent(builder::atVersion);
          return (SnapshotImpl) builder.build(engine);
        });
  }

  TableSnapshot snapshot(OptionalLong version) {
    SnapshotImpl snapshot = load(version);
    TableMetadata metadata = metadata(snapshot);
    return new TableSnapshot(
        metadata.version(),
        metadata.tableId(),
        metadata.schemaJson(),
        metadata.description(),
        metadata.configuration(),
        metadata.partitionColumns(),
        adds(snapshot).stream().map(FileActions::file).toList());
  }

  TableRows rows(long version) {
    // Kernel reads a file by the settings that its file system has, which is one for all.
    KernelFailure.told("read", table, () -> table.getFileSystem(lake.hadoop()).getConf())
        .setBoolean(DamagedFile.VERIFY, true);
    return new TableRows(engine, table, load(OptionalLong.of(version)));
  }

  TableMetadata metadata(long version) {
    return ChecksumFile.read(lake, log, version)
        .orElseGet(() -> metadata(load(OptionalLong.of(version))));
  }

  private static TableMetadata metadata(SnapshotImpl snapshot) {
    Metadata metadata = snapshot.getMetadata();
    return new TableMetadata(
        snapshot.getVersion(),
        metadata.getId(),
        metadata.getSchemaString(),
        metadata.getDescription().orElse(""),
        metadata.getConfiguration(),
        VectorUtils.toJavaList(metadata.getPartitionColumns()));
  }

  /** The actions that brought a version's files, with all that they say of them. */
  List<AddFile> adds(SnapshotImpl snapshot) {
    return KernelFailure.told(
        "read",
        table,
        () -> {
          List<AddFile> adds = new ArrayList<>();
          ScanImpl scan = (ScanImpl) snapshot.getScanBuilder().build();
          try (CloseableIterator<FilteredColumnarBatch> batches = scan.getScanFiles(engine, true)) {
            while (batches.hasNext()) {
              try (CloseableIterator<Row> rows = batches.next().getRows()) {
                rows.forEachRemaining(
                    row ->
                        adds.add(
                            new AddFile(row.getStruct(InternalScanFileUtils.ADD_FILE_ORDINAL))));
              }
            }
          }
          return adds;
        });
  }

  private List<CommitFiles> commits(long first, long last) {
    return KernelFailure.told(
        "read",
        table,
        () -> {
          List<CommitFiles> commits = new ArrayList<>();
          var range =
              TableManager.loadCommitRange(table.toString(), CommitBoundary.atVersion(first))
                  .withEndBoundary(CommitBoundary.atVersion(last))
                  .build(engine);
          var wanted = Set.of(DeltaAction.ADD, DeltaAction.REMOVE, DeltaAction.METADATA);
          try (CloseableIterator<CommitActions> found = range.getCommitActions(engine, wanted)) {
            while (found.hasNext()) {
              commits.add(files(found.next()));
            }
          }
          return commits;
        });
  }

  /** The iterator of its actions, once asked for, is all that a commit holds open. */
  private static CommitFiles files(CommitActions commit) throws IOException {
    List<CommitFiles.Change> added = new ArrayList<>();
    List<CommitFiles.Change> removed = new ArrayList<>();
    Map<String, RoaringBitmap> leftOut = new HashMap<>();
    List<String> schemas = new ArrayList<>();
    try (CloseableIterator<ColumnarBatch> batches = commit.getActions()) {
      while (batches.hasNext()) {
        ColumnarBatch batch = batches.next();
        int add = batch.getSchema().indexOf(DeltaAction.ADD.colName);
        int remove = batch.getSchema().indexOf(DeltaAction.REMOVE.colName);
        int metadata = batch.getSchema().indexOf(DeltaAction.METADATA.colName);
        try (CloseableIterator<Row> rows = batch.getRows()) {
          while (rows.hasNext()) {
            Row row = rows.next();
            if (!row.isNullAt(add)) {
              AddFile file = new AddFile(row.getStruct(add));
              added.add(new CommitFiles.Change(FileActions.file(file), file.getDataChange()));
              if (!file.getDataChange()) { // others may carry a tag of an earlier commit
                FileActions.leftOut(file).ifPresent(leftOut::putAll);
              }
            } else if (!row.isNullAt(remove)) {
              RemoveFile file = new RemoveFile(row.getStruct(remove));
              removed.add(new CommitFiles.Change(FileActions.file(file), file.getDataChange()));
            } else if (!row.isNullAt(metadata)) {
              Row of = row.getStruct(metadata);
              schemas.add(of.getString(Metadata.FULL_SCHEMA.indexOf("schemaString")));
            }
          }
        }
      }
    }
    return new CommitFiles(
        commit.getVersion(), added, removed, leftOut, schemas.stream().findFirst());
  }

  /** The positions of a file's deleted rows, in order; empty where the vector's file is gone. */
  Optional<long[]> deleted(DataFile.DeletionVector vector) {
    return KernelFailure.told(
        "read a deletion vector of",
        table,
        () -> {
          try {
            return Optional.of(
                new DeletionVectorStoredBitmap(
                        FileActions.descriptor(vector), Optional.of(table.toString()))
                    .load(engine.getFileSystemClient())
                    .toArray());
          } catch (KernelEngineException | UncheckedIOException e) {
            if (StorageFailure.in(e).filter(FileNotFoundException.class::isInstance).isPresent()) {
              return Optional.empty();
            }
            throw e;
          }
        });
  }

  OptionalLong transaction(String appId) {
    return KernelFailure.told(
        "read",
        table,
        () ->
            load(OptionalLong.empty())
                .getLatestTransactionVersion(engine, appId)
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty));
  }
}
