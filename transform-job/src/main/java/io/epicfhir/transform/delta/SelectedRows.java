package io.epicfhir.transform.delta;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.internal.column.columnindex.OffsetIndex;
import org.apache.parquet.internal.filter2.columnindex.RowRanges;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Rows of Parquet files by their numbers: only the pages that hold them are read, and of those
 * pages only these rows become values. Spark's own reader makes values of all rows of a page.
 */
final class SelectedRows {
  private final Configuration hadoop;
  private final StructType columns;

  /**
   * @param hadoop with the settings of {@link FileRows}
   * @param columns those that are read, in order
   */
  SelectedRows(Configuration hadoop, StructType columns) {
    this.hadoop = hadoop;
    this.columns = columns;
  }

  /**
   * Reads a file's rows with these numbers, in order.
   *
   * @return false where the file is of a kind that this does not read: no row was taken
   * @throws FileRows.Unreadable where the reader stumbles, whatever the reason
   */
  boolean read(Path file, RoaringBitmap rows, FileRows.Taker taker) {
    ParquetFileReader reader = open(file);
    try {
      Optional<Map<Integer, ChunkValues>> chunks = chunks(reader);
      if (chunks.isEmpty()) {
        return false;
      }
      PeekableIntIterator wanted = rows.getIntIterator();
      int first = 0;
      for (int group = 0; group < reader.getRowGroups().size(); group++) {
        int count = Math.toIntExact(reader.getRowGroups().get(group).getRowCount());
        int[] here = below(wanted, first, first + count);
        Object[][] values = values(file, reader, group, chunks.get(), here);
        for (int i = 0; i < here.length; i++) {
          taker.row(row(values, i), first + here[i]);
        }
        first += count;
      }
      return true;
    } finally {
      close(reader, file);
    }
  }

  private ParquetFileReader open(Path file) {
    try {
      return ParquetFileReader.open(
          HadoopInputFile.fromPath(file, hadoop), HadoopReadOptions.builder(hadoop, file).build());
    } catch (IOException | RuntimeException e) {
      throw new FileRows.Unreadable(file, e);
    }
  }

  private static void close(ParquetFileReader reader, Path file) {
    try {
      reader.close();
    } catch (IOException e) {
      throw new FileRows.Unreadable(file, e);
    }
  }

  /** By the column's number; those that the file lacks are not among them. */
  private Optional<Map<Integer, ChunkValues>> chunks(ParquetFileReader reader) {
    MessageType schema = reader.getFileMetaData().getSchema();
    Map<Integer, ChunkValues> chunks = new HashMap<>();
    List<Type> requested = new ArrayList<>();
    for (StructField field : columns.fields()) {
      if (schema.containsField(field.name())) {
        Type type = schema.getType(field.name());
        Optional<ChunkValues> chunk = ChunkValues.of(schema, type, field.dataType());
        if (chunk.isEmpty()) {
          return Optional.empty();
        }
        chunks.put(columns.fieldIndex(field.name()), chunk.get());
        requested.add(type);
      }
    }
    reader.setRequestedSchema(new MessageType(schema.getName(), requested));
    return reader.getRowGroups().stream().allMatch(SelectedRows::tellsPages)
        ? Optional.of(chunks)
        : Optional.empty();
  }

  /** Whether it says which rows a page holds; other writers need not. */
  private static boolean tellsPages(BlockMetaData group) {
    return group.getColumns().stream().allMatch(chunk -> chunk.getOffsetIndexReference() != null);
  }

  /** The next numbers below a bound, each counted from the first of the group. */
  private static int[] below(PeekableIntIterator wanted, int first, int bound) {
    IntStream.Builder numbers = IntStream.builder();
    while (wanted.hasNext() && wanted.peekNext() < bound) {
      numbers.add(wanted.next() - first);
    }
    return numbers.build().toArray();
  }

  private Object[][] values(
      Path file,
      ParquetFileReader reader,
      int group,
      Map<Integer, ChunkValues> chunks,
      int[] wanted) {
    Object[][] values = new Object[columns.length()][];
    if (wanted.length == 0) {
      return values;
    }
    try (PageReadStore pages =
        reader.readFilteredRowGroup(group, ranges(reader.getRowGroups().get(group), wanted))) {
      for (Map.Entry<Integer, ChunkValues> one : chunks.entrySet()) {
        values[one.getKey()] = one.getValue().read(pages, wanted);
      }
      return values;
    } catch (IOException | RuntimeException e) {
      throw new FileRows.Unreadable(file, e);
    }
  }

  private static RowRanges ranges(BlockMetaData group, int[] wanted) {
    return RowRanges.create(
        group.getRowCount(), IntStream.range(0, wanted.length).iterator(), new Numbers(wanted));
  }

  private static InternalRow row(Object[][] values, int at) {
    return new GenericInternalRow(
        Arrays.stream(values).map(column -> column == null ? null : column[at]).toArray());
  }

  /** Single rows in the form that row ranges are made of. */
  private static final class Numbers implements OffsetIndex {
    private final int[] rows;

    Numbers(int[] rows) {
      this.rows = rows;
    }

    @Override
    public int getPageCount() {
      return rows.length;
    }

    @Override
    public long getOffset(int page) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int getCompressedPageSize(int page) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long getFirstRowIndex(int page) {
      return rows[page];
    }

    @Override
    public long getLastRowIndex(int page, long total) {
      return rows[page];
    }
  }
}
