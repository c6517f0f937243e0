package io.epicfhir.common.delta;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.Path;
import org.roaringbitmap.RoaringBitmap;

/**
 * The log of a Delta table: what it has, and commits of Parquet files that lie in its folder. No
 * Spark job is started. All methods throw {@link DamagedLog} where the log cannot be read, and
 * {@link JobException} with {@link ExitCode#STORAGE} where the storage is away. A folder without a
 * first commit is no table.
 */
public final class TableLog {
  private final LogReader reader;
  private final LogWriter writer;
  private final Path path;

  private TableLog(Path path, LogReader reader, LogWriter writer) {
    this.path = path;
    this.reader = reader;
    this.writer = writer;
  }

  /** The log of the table in this folder, which need not be there. */
  public static TableLog of(Lake lake, Path table) {
    LogEngine engine = new LogEngine(lake.hadoop());
    LogReader reader = new LogReader(lake, engine, table);
    return new TableLog(
        table, reader, new LogWriter(table, reader, new CommitWriter(engine, table)));
  }

  /** The newest version, or empty where there is no table; lists the log and reads nothing. */
  public OptionalLong version() {
    return reader.listing().newest();
  }

  /**
   * What the newest version says of itself, or empty where there is no table. Cheaper than {@link
   * #snapshot()} by far where the question is only whether anything is new.
   */
  public Optional<TableMetadata> metadata() {
    OptionalLong newest = version();
    return newest.isEmpty() ? Optional.empty() : Optional.of(reader.metadata(newest.getAsLong()));
  }

  /** The newest version, or empty where there is no table. */
  public Optional<TableSnapshot> snapshot() {
    return version().isEmpty()
        ? Optional.empty()
        : Optional.of(reader.snapshot(OptionalLong.empty()));
  }

  /** The table as it was, or empty where there is no such version, or no longer. */
  public Optional<TableSnapshot> snapshot(long version) {
    LogListing listing = reader.listing();
    return listing.newest().orElse(-1) < version || !listing.reaches(version)
        ? Optional.empty()
        : Optional.of(reader.snapshot(OptionalLong.of(version)));
  }

  /** The rows of a version, for a table of few rows; empty as {@link #snapshot(long)} is. */
  public Optional<TableRows> rows(long version) {
    LogListing listing = reader.listing();
    return listing.newest().orElse(-1) < version || !listing.reaches(version)
        ? Optional.empty()
        : Optional.of(reader.rows(version));
  }

  /** What the writer of a commit says of it; empty where there is no such commit, or no longer. */
  public Optional<CommitInfo> info(long version) {
    return reader.info(version);
  }

  /** The identity of a commit; empty if there is no such commit, or no longer. */
  public Optional<String> identity(long version) {
    return info(version).map(CommitInfo::identity);
  }

  /**
   * The commits after one version up to another, in order; empty where one of them is not there, or
   * no longer.
   */
  public Optional<List<CommitFiles>> changes(long fromExclusive, long toInclusive) {
    return reader.changes(fromExclusive, toInclusive);
  }

  /**
   * The positions of a file's deleted rows, from 0, in order; empty where VACUUM has taken them
   * since, which it does where no version of the last days has them.
   */
  public Optional<long[]> deletedPositions(DataFile file) {
    return file.deletionVector().map(reader::deleted).orElseGet(() -> Optional.of(new long[0]));
  }

  /** The same as a bitmap. */
  public Optional<RoaringBitmap> deletedRows(DataFile file) {
    return deletedPositions(file)
        .map(
            all -> RoaringBitmap.bitmapOf(Arrays.stream(all).mapToInt(Math::toIntExact).toArray()));
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
    return writer.create(definition, files, signature);
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
    return writer.replace(definition, files, signature);
  }

  /** As the other, of whole files. */
  public long change(long readVersion, List<NewFile> add, List<DataFile> remove, String signature) {
    return change(readVersion, add, CopiedRows.NONE, remove, List.of(), signature);
  }

  /** As the other, without a number of the application. */
  public long change(
      long readVersion,
      List<NewFile> add,
      CopiedRows copies,
      List<DataFile> remove,
      List<DataFile> mark,
      String signature) {
    return change(readVersion, add, copies, remove, mark, signature, Optional.empty());
  }

  /**
   * Adds and removes files, in one commit.
   *
   * @param readVersion the version that the change was computed of
   * @param add files of new rows
   * @param copies files of rows that stay while others of their old files, which go, do not
   * @param remove files of that version, as its snapshot gives them
   * @param mark files of that version that stay, with their new deletion vectors; the table's
   *     property {@code delta.enableDeletionVectors} must be set
   * @param signature who asks for it
   * @param transaction the application's own number
   * @return the version
   * @throws CommitConflict where somebody else has changed rows, columns or properties since, or
   *     moved rows of the files that go. Commits that only rearrange other files are fine
   */
  public long change(
      long readVersion,
      List<NewFile> add,
      CopiedRows copies,
      List<DataFile> remove,
      List<DataFile> mark,
      String signature,
      Optional<AppTransaction> transaction) {
    return writer.change(
        new TableChange(path, readVersion, add, copies, remove, mark), signature, transaction);
  }

  /**
   * Sets properties of the table, in one commit; others stay.
   *
   * @return the version
   * @throws CommitConflict where somebody else commits at the same time
   */
  public long setProperties(Map<String, String> properties, String signature) {
    return writer.setProperties(properties, signature);
  }
}
