package io.epicfhir.common.delta;

import io.delta.kernel.data.Row;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.Format;
import io.delta.kernel.internal.actions.Metadata;
import io.delta.kernel.internal.types.DataTypeJsonSerDe;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.types.StringType;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Lake;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.apache.hadoop.fs.Path;

/**
 * The log of a Delta table: what it has, and commits of Parquet files that lie in its folder. No
 * Spark job is started. All methods throw {@link JobException} with {@link ExitCode#STORAGE} where
 * the log cannot be used. A folder without a first commit is no table.
 */
public final class TableLog {
  /** So often another's commit that does not matter may come first. */
  private static final int TRIES = 10;

  private final Lake lake;
  private final Path table;
  private final Path log;
  private final LogReader reader;
  private final CommitWriter writer;

  private TableLog(Lake lake, Path table) {
    LogEngine engine = new LogEngine(lake.hadoop());
    this.lake = lake;
    this.table = table;
    this.log = new Path(table, "_delta_log");
    this.reader = new LogReader(engine, table);
    this.writer = new CommitWriter(engine, table);
  }

  /** The log of the table in this folder, which need not be there. */
  public static TableLog of(Lake lake, Path table) {
    return new TableLog(lake, table);
  }

  /** The newest version, or empty where there is no table; lists the log and reads nothing. */
  public OptionalLong version() {
    return listing().newest();
  }

  /** The newest version, or empty where there is no table. */
  public Optional<TableSnapshot> snapshot() {
    return version().isEmpty()
        ? Optional.empty()
        : Optional.of(reader.snapshot(OptionalLong.empty()));
  }

  /** The table as it was, or empty where there is no such version, or no longer. */
  public Optional<TableSnapshot> snapshot(long version) {
    LogListing listing = listing();
    return listing.newest().orElse(-1) < version || !listing.reaches(version)
        ? Optional.empty()
        : Optional.of(reader.snapshot(OptionalLong.of(version)));
  }

  /** What the writer of a commit says of it; empty where there is no such commit, or no longer. */
  public Optional<CommitInfo> info(long version) {
    return CommitInfoFile.read(lake, table, log, version);
  }

  /** What tells a commit from any other; empty where there is no such commit, or no longer. */
  public Optional<String> identity(long version) {
    return info(version).map(CommitInfo::identity);
  }

  /**
   * The commits after one version up to another, in order; empty where one of them is not there, or
   * no longer.
   */
  public Optional<List<CommitFiles>> changes(long fromExclusive, long toInclusive) {
    if (fromExclusive >= toInclusive) {
      return Optional.of(List.of());
    }
    return listing().hasCommits(fromExclusive + 1, toInclusive)
        ? Optional.of(reader.commits(fromExclusive + 1, toInclusive))
        : Optional.empty();
  }

  /** The positions of a file's deleted rows, from 0, in order. */
  public long[] deletedPositions(DataFile file) {
    return file.deletionVector().map(reader::deleted).orElseGet(() -> new long[0]);
  }

  /** The newest number that an application has left, or empty where it has left none. */
  public OptionalLong transaction(String appId) {
    return version().isEmpty() ? OptionalLong.empty() : reader.transaction(appId);
  }

  /**
   * Makes the table, in one commit.
   *
   * @param signature who asks for it
   * @return the version
   * @throws CommitConflict where somebody else has made it
   */
  public long create(TableDefinition definition, List<NewFile> files, String signature) {
    return anew(Optional.empty(), definition, files, signature);
  }

  /**
   * Makes another table of it, in one commit: all old files go, and columns, description and
   * properties are the definition's. It has a new id, as after Spark's CREATE OR REPLACE; the
   * protocol's features stay. Readers of an earlier version still have it until VACUUM.
   *
   * @param signature who asks for it
   * @return the version
   * @throws CommitConflict where somebody else commits at the same time
   */
  public long replace(TableDefinition definition, List<NewFile> files, String signature) {
    return anew(Optional.of(newest()), definition, files, signature);
  }

  private long anew(
      Optional<SnapshotImpl> before,
      TableDefinition definition,
      List<NewFile> files,
      String signature) {
    List<DataFile> old =
        before.map(reader::adds).orElseGet(List::of).stream().map(FileActions::file).toList();
    SignedCommitter committer =
        new SignedCommitter(
            before.isPresent() ? "REPLACE TABLE" : "CREATE TABLE",
            TableChange.metrics(files, old),
            signature);
    CommitWriter.Plan plan =
        new CommitWriter.Plan(before, Optional.of(metadata(definition)), true, Optional.empty());
    return writer
        .commit(plan, files.stream().map(FileActions::add).toList(), committer)
        .orElseThrow(() -> new CommitConflict(table, "somebody else committed to it meanwhile"));
  }

  /** As the other, without a number of the application. */
  public long change(long readVersion, List<NewFile> add, List<DataFile> remove, String signature) {
    return change(readVersion, add, remove, signature, Optional.empty());
  }

  /**
   * Adds and removes files, in one commit.
   *
   * @param readVersion the version that the change was computed of
   * @param remove files of that version, as its snapshot gives them
   * @param signature who asks for it
   * @param transaction the application's own number
   * @return the version
   * @throws CommitConflict where somebody else has changed rows, columns or properties since, or
   *     moved rows of the files that go. Commits that only rearrange other files are fine
   */
  public long change(
      long readVersion,
      List<NewFile> add,
      List<DataFile> remove,
      String signature,
      Optional<AppTransaction> transaction) {
    TableChange change = new TableChange(table, readVersion, add, remove);
    SignedCommitter committer =
        new SignedCommitter("WRITE", TableChange.metrics(add, remove), signature);
    for (int tries = 0; tries < TRIES; tries++) {
      SnapshotImpl now = newest();
      if (change.isOlder(now)) {
        throw change.conflict("it has no version " + readVersion + " any more");
      }
      List<Row> actions =
          change.actions(
              changes(readVersion, now.getVersion()),
              change.removesFiles() ? reader.adds(now) : List.of());
      Optional<Long> version =
          writer.commit(
              new CommitWriter.Plan(Optional.of(now), Optional.empty(), false, transaction),
              actions,
              committer);
      if (version.isPresent()) {
        return version.get();
      }
    }
    throw change.conflict("others commit to it all the time");
  }

  /**
   * Sets properties of the table, in one commit; others stay.
   *
   * @return the version
   * @throws CommitConflict where somebody else commits at the same time
   */
  public long setProperties(Map<String, String> properties, String signature) {
    SnapshotImpl now = newest();
    return writer
        .commit(
            new CommitWriter.Plan(
                Optional.of(now),
                Optional.of(now.getMetadata().withMergedConfiguration(properties)),
                false,
                Optional.empty()),
            List.of(),
            new SignedCommitter("SET TBLPROPERTIES", Map.of(), signature))
        .orElseThrow(() -> new CommitConflict(table, "somebody else committed to it meanwhile"));
  }

  private static Metadata metadata(TableDefinition definition) {
    return new Metadata(
        UUID.randomUUID().toString(),
        Optional.empty(),
        Optional.of(definition.description()).filter(text -> !text.isEmpty()),
        new Format(),
        definition.schemaJson(),
        DataTypeJsonSerDe.deserializeStructType(definition.schemaJson()),
        VectorUtils.buildArrayValue(definition.partitionColumns(), StringType.STRING),
        Optional.of(System.currentTimeMillis()),
        VectorUtils.stringStringMapValue(definition.configuration()));
  }

  private SnapshotImpl newest() {
    if (version().isEmpty()) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot commit to the Delta table " + table + ": it is not there; create it first");
    }
    return reader.load(OptionalLong.empty());
  }

  private LogListing listing() {
    return LogListing.of(lake, log);
  }
}
