package io.epicfhir.transform.delta;

import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.delta.CopiedRows;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.RoaringBitmap;

/**
 * Changes rows of a Delta table in one commit: rows at known positions go, others come. A file all
 * of whose rows go is removed; of another one the rows are marked by a deletion vector, or, where
 * the table has none, the rows that stay are copied into a new file.
 */
public final class TableWriter {
  private final Lake lake;
  private final Path table;
  private final StructType columns;
  private final Optional<String> partitionColumn;
  private final DataFileWriter files;

  /**
   * @param columns of the data files, without the partition column
   */
  public TableWriter(
      Lake lake,
      Path table,
      StructType columns,
      Optional<String> partitionColumn,
      Optional<String> rangeColumn) {
    this.lake = lake;
    this.table = table;
    this.columns = columns;
    this.partitionColumn = partitionColumn;
    this.files = new DataFileWriter(table, columns, partitionColumn, rangeColumn);
  }

  /** The same in this thread, without a session. */
  public List<NewFile> write(Iterator<InternalRow> rows) {
    return files.write(lake.hadoop(), rows);
  }

  /** Writes files of new rows; they are no part of the table before a commit names them. */
  public List<NewFile> write(Dataset<Row> rows) {
    return files.write(rows);
  }

  /**
   * What a commit is made of.
   *
   * @param copies of the rows that stay of files that go
   * @param remove files that go
   * @param mark files that stay, with their new deletion vector
   */
  public record Plan(CopiedRows copies, List<DataFile> remove, List<DataFile> mark) {}

  /**
   * Plans how rows go; where files are copied, that is one Spark job, or work of this thread.
   *
   * @param spark absent where there is no session
   * @param vectors whether to mark rows instead of copying the others
   */
  public Plan take(
      Optional<SparkSession> spark, TableSnapshot snapshot, RowPositions going, boolean vectors) {
    if (vectors) {
      return mark(lake, table, snapshot, going);
    }
    Touched touched = Touched.of(table, snapshot, going);
    List<DataFile> remove = new ArrayList<>(touched.whole());
    if (touched.partly().isEmpty()) {
      return new Plan(CopiedRows.NONE, remove, List.of());
    }
    remove.addAll(touched.partly());
    List<NewFile> copies =
        spark.isPresent()
            ? copy(spark.get(), touched.partly(), going)
            : copy(touched.partly(), going);
    return new Plan(new CopiedRows(copies, going.of(remove, table)), remove, List.of());
  }

  /** Plans that rows are marked as deleted; files none of whose rows stay are removed. */
  public static Plan mark(Lake lake, Path table, TableSnapshot snapshot, RowPositions going) {
    Touched touched = Touched.of(table, snapshot, going);
    List<DataFile> marked =
        touched.partly().isEmpty() ? List.of() : mark(lake, table, touched.partly(), going);
    return new Plan(CopiedRows.NONE, touched.whole(), marked);
  }

  /** The files of which all rows go, and those of which some do. */
  private record Touched(List<DataFile> whole, List<DataFile> partly) {
    static Touched of(Path table, TableSnapshot snapshot, RowPositions going) {
      Touched touched = new Touched(new ArrayList<>(), new ArrayList<>());
      for (DataFile file : snapshot.files()) {
        going
            .in(file.in(table))
            .ifPresent(
                rows ->
                    (rows.getLongCardinality() == file.rows().orElse(-1)
                            ? touched.whole
                            : touched.partly)
                        .add(file));
      }
      if (touched.whole.size() + touched.partly.size() != going.files()) {
        throw new IllegalStateException("Rows of files that are not part of " + table);
      }
      return touched;
    }
  }

  private static List<DataFile> mark(
      Lake lake, Path table, List<DataFile> touched, RowPositions going) {
    DeletedRows deleted = new DeletedRows(lake, table);
    Map<String, RoaringBitmap> gone = new LinkedHashMap<>();
    for (DataFile file : touched) {
      RoaringBitmap rows = going.in(file.in(table)).orElseThrow().clone();
      deleted.of(file).ifPresent(rows::or);
      gone.put(file.path(), rows);
    }
    Map<String, DataFile.DeletionVector> vectors = DeletionVectorFile.write(lake, table, gone);
    return touched.stream().map(file -> file.with(vectors.get(file.path()))).toList();
  }

  /** New files of the rows of some files without those that go. */
  private List<NewFile> copy(SparkSession spark, List<DataFile> from, RowPositions going) {
    List<String> names = new ArrayList<>(List.of(columns.fieldNames()));
    partitionColumn.ifPresent(names::add);
    TableScan scan = new TableScan(spark, lake, table, columns, partitionColumn);
    return files.write(
        (org.apache.spark.sql.classic.SparkSession) spark, scan.without(going, from, names));
  }

  /** The same in this thread. */
  private List<NewFile> copy(List<DataFile> from, RowPositions going) {
    FileRows rows = new FileRows(lake.hadoop(), columns);
    DeletedRows deleted = new DeletedRows(lake, table);
    try (OpenFiles open = files.open(lake.hadoop())) {
      for (DataFile file : from) {
        RoaringBitmap gone = going.in(file.in(table)).orElseThrow().clone();
        deleted.of(file).ifPresent(gone::or);
        String value = partitionColumn.map(file.partitionValues()::get).orElse("");
        rows.read(
            file.in(table),
            Optional.of(gone),
            (row, position) -> open.write(partitionColumn.orElse(""), value, row));
      }
      return open.finish();
    } catch (IOException e) {
      throw StorageFailure.of("write " + table, e);
    }
  }
}
