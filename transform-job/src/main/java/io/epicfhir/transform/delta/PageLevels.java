package io.epicfhir.transform.delta;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.BytesUtils;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridDecoder;

/** The levels and values of a Parquet page, read one after the other. */
final class PageLevels {
  private final int count;
  private final Levels repetitions;
  private final Levels definitions;
  private final ValuesReader values;

  /** Gives the next level. */
  @FunctionalInterface
  private interface Levels {
    int next() throws IOException;
  }

  private PageLevels(int count, Levels repetitions, Levels definitions, ValuesReader values) {
    this.count = count;
    this.repetitions = repetitions;
    this.definitions = definitions;
    this.values = values;
  }

  /**
   * Of a page of either version.
   *
   * @param dictionary null where the column has none
   */
  static PageLevels of(DataPage page, ColumnDescriptor column, Dictionary dictionary)
      throws IOException {
    return page instanceof DataPageV1 one
        ? of(one, column, dictionary)
        : of((DataPageV2) page, column, dictionary);
  }

  private static PageLevels of(DataPageV1 page, ColumnDescriptor column, Dictionary dictionary)
      throws IOException {
    ValuesReader repetitions =
        page.getRlEncoding().getValuesReader(column, ValuesType.REPETITION_LEVEL);
    ValuesReader definitions =
        page.getDlEncoding().getValuesReader(column, ValuesType.DEFINITION_LEVEL);
    ByteBufferInputStream in = page.getBytes().toInputStream();
    repetitions.initFromPage(page.getValueCount(), in);
    definitions.initFromPage(page.getValueCount(), in);
    return new PageLevels(
        page.getValueCount(),
        repetitions::readInteger,
        definitions::readInteger,
        values(page.getValueEncoding(), page.getValueCount(), in, column, dictionary));
  }

  private static PageLevels of(DataPageV2 page, ColumnDescriptor column, Dictionary dictionary)
      throws IOException {
    return new PageLevels(
        page.getValueCount(),
        levels(page.getRepetitionLevels(), column.getMaxRepetitionLevel()),
        levels(page.getDefinitionLevels(), column.getMaxDefinitionLevel()),
        values(
            page.getDataEncoding(),
            page.getValueCount(),
            page.getData().toInputStream(),
            column,
            dictionary));
  }

  private static Levels levels(BytesInput bytes, int largest) throws IOException {
    if (largest == 0) {
      return () -> 0;
    }
    return new RunLengthBitPackingHybridDecoder(
            BytesUtils.getWidthFromMaxInt(largest), bytes.toInputStream())
        ::readInt;
  }

  private static ValuesReader values(
      Encoding encoding,
      int count,
      ByteBufferInputStream in,
      ColumnDescriptor column,
      Dictionary dictionary)
      throws IOException {
    ValuesReader values =
        encoding.usesDictionary()
            ? encoding.getDictionaryBasedValuesReader(column, ValuesType.VALUES, dictionary)
            : encoding.getValuesReader(column, ValuesType.VALUES);
    values.initFromPage(count, in);
    return values;
  }

  /** How many levels there are: of a column without lists one a row. */
  int count() {
    return count;
  }

  /** The next repetition level; it comes before the definition level. */
  int repetition() {
    return next(repetitions);
  }

  /** The next definition level. */
  int definition() {
    return next(definitions);
  }

  private static int next(Levels levels) {
    try {
      return levels.next();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its values that are not null. */
  ValuesReader values() {
    return values;
  }
}
