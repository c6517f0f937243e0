package io.epicfhir.transform.delta;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.unsafe.types.UTF8String;

/** The values of some rows of a column in a row group, in Spark's own form. */
final class ChunkValues {
  private final ColumnDescriptor column;
  private final Kind kind;
  private final boolean list;
  private final int emptyLevel;

  /** Gives a value where the reader is. */
  @FunctionalInterface
  private interface Kind {
    Object next(ValuesReader values);
  }

  /**
   * @param list whether a row has a list of values
   * @param emptyLevel the definition level of an empty list
   */
  private ChunkValues(ColumnDescriptor column, Kind kind, boolean list, int emptyLevel) {
    this.column = column;
    this.kind = kind;
    this.list = list;
    this.emptyLevel = emptyLevel;
  }

  /**
   * Of a column of a file's schema; empty where it is of a type that this does not read.
   *
   * @param as what Spark reads it as
   */
  static Optional<ChunkValues> of(MessageType schema, Type type, DataType as) {
    if (as instanceof ArrayType array) {
      return element(type)
          .flatMap(element -> kind(element, array.elementType()))
          .map(kind -> list(schema, type, kind));
    }
    return type.isPrimitive() && !type.isRepetition(Type.Repetition.REPEATED)
        ? kind(type.asPrimitiveType(), as)
            .map(
                kind ->
                    new ChunkValues(
                        schema.getColumnDescription(new String[] {type.getName()}), kind, false, 0))
        : Optional.empty();
  }

  private static ChunkValues list(MessageType schema, Type type, Kind kind) {
    ColumnDescriptor column =
        schema.getColumns().stream()
            .filter(one -> one.getPath()[0].equals(type.getName()))
            .findFirst()
            .orElseThrow();
    return new ChunkValues(column, kind, true, type.isRepetition(Type.Repetition.OPTIONAL) ? 1 : 0);
  }

  /** Of a list in the form that the format's specification gives it. */
  private static Optional<PrimitiveType> element(Type type) {
    if (type.isPrimitive()
        || type.isRepetition(Type.Repetition.REPEATED)
        || !LogicalTypeAnnotation.listType().equals(type.getLogicalTypeAnnotation())
        || type.asGroupType().getFieldCount() != 1) {
      return Optional.empty();
    }
    Type items = type.asGroupType().getType(0);
    return !items.isPrimitive()
            && items.isRepetition(Type.Repetition.REPEATED)
            && items.getName().equals("list")
            && items.asGroupType().getFieldCount() == 1
            && items.asGroupType().getType(0).isPrimitive()
            && !items.asGroupType().getType(0).isRepetition(Type.Repetition.REPEATED)
        ? Optional.of(items.asGroupType().getType(0).asPrimitiveType())
        : Optional.empty();
  }

  private static Optional<Kind> kind(PrimitiveType type, DataType as) {
    PrimitiveTypeName physical = type.getPrimitiveTypeName();
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    Kind kind =
        switch (as.typeName()) {
          case "string" ->
              physical == PrimitiveTypeName.BINARY
                      && LogicalTypeAnnotation.stringType().equals(logical)
                  ? values -> UTF8String.fromBytes(values.readBytes().getBytes())
                  : null;
          case "boolean" ->
              physical == PrimitiveTypeName.BOOLEAN ? ValuesReader::readBoolean : null;
          case "integer" ->
              physical == PrimitiveTypeName.INT32 && logical == null
                  ? ValuesReader::readInteger
                  : null;
          case "date" ->
              LogicalTypeAnnotation.dateType().equals(logical) ? ValuesReader::readInteger : null;
          case "long" ->
              physical == PrimitiveTypeName.INT64 && logical == null
                  ? ValuesReader::readLong
                  : null;
          case "timestamp" ->
              LogicalTypeAnnotation.timestampType(true, LogicalTypeAnnotation.TimeUnit.MICROS)
                      .equals(logical)
                  ? ValuesReader::readLong
                  : null;
          case "double" -> physical == PrimitiveTypeName.DOUBLE ? ValuesReader::readDouble : null;
          default -> null;
        };
    return Optional.ofNullable(kind);
  }

  /**
   * The values of rows.
   *
   * @param wanted the rows' numbers in the row group, ascending, not empty
   */
  Object[] read(PageReadStore group, int[] wanted) throws IOException {
    PageReader pages = group.getPageReader(column);
    DictionaryPage page = pages.readDictionaryPage();
    Dictionary dictionary = page == null ? null : page.getEncoding().initDictionary(column, page);
    Object[] found = new Object[wanted.length];
    int at = 0;
    while (at < wanted.length) {
      DataPage data = pages.readPage();
      if (data == null) {
        throw new IOException("A column ends before its row group");
      }
      // Pages do not say it where all rows are wanted.
      int first = data.getFirstRowIndex().map(Math::toIntExact).orElse(at);
      PageLevels levels = PageLevels.of(data, column, dictionary);
      at =
          list ? lists(levels, first, wanted, at, found) : single(levels, first, wanted, at, found);
    }
    return found;
  }

  private int single(PageLevels levels, int first, int[] wanted, int from, Object[] found) {
    int at = from;
    int passed = 0;
    for (int i = 0; i < levels.count() && at < wanted.length; i++) {
      boolean there = levels.definition() == column.getMaxDefinitionLevel();
      if (wanted[at] != first + i) {
        passed += there ? 1 : 0;
        continue;
      }
      if (there) {
        found[at] = next(levels.values(), passed);
        passed = 0;
      }
      at++;
    }
    return at;
  }

  private int lists(PageLevels levels, int first, int[] wanted, int from, Object[] found) {
    int at = from;
    int passed = 0;
    int row = first - 1;
    List<Object> items = null;
    for (int i = 0; i < levels.count(); i++) {
      if (levels.repetition() == 0) {
        at += end(items, found, at, row, wanted);
        if (at == wanted.length) {
          return at;
        }
        row++;
        items = null;
      }
      int level = levels.definition();
      boolean there = level == column.getMaxDefinitionLevel();
      if (wanted[at] != row) {
        passed += there ? 1 : 0;
      } else if (level >= emptyLevel) {
        items = items == null ? new ArrayList<>() : items;
        if (level > emptyLevel) {
          items.add(there ? next(levels.values(), passed) : null);
          passed = there ? 0 : passed;
        }
      }
    }
    return at + end(items, found, at, row, wanted);
  }

  /** Ends a row; 1 where it was wanted. */
  private static int end(List<Object> items, Object[] found, int at, int row, int[] wanted) {
    if (wanted[at] != row) {
      return 0;
    }
    found[at] = items == null ? null : new GenericArrayData(items.toArray());
    return 1;
  }

  private Object next(ValuesReader values, int passed) {
    if (passed > 0) {
      values.skip(passed);
    }
    return kind.next(values);
  }
}
