package io.epicfhir.transform;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Texts and flags of a Delta table by its log, its Parquet files and its deletion vectors. Spark
 * takes a hundred times as long for the same rows, and a test looks at its tables all the time.
 */
final class TableRows {
  private final TableLog log;
  private final TableSnapshot snapshot;
  private final Path table;
  private final StructType schema;

  TableRows(TableLog log, Path table) {
    this.log = log;
    this.table = table;
    this.snapshot = log.snapshot().orElseThrow();
    this.schema = (StructType) DataType.fromJson(snapshot.schemaJson());
  }

  /** The names of the table's columns. */
  List<String> columns() {
    return List.of(schema.fieldNames());
  }

  /** The rows by column; empty where one of the columns is no text and no flag. */
  Optional<List<Map<String, Object>>> of(List<String> columns) {
    for (String column : columns) {
      DataType type = schema.apply(column).dataType();
      if (!type.equals(DataTypes.StringType) && !type.equals(DataTypes.BooleanType)) {
        return Optional.empty();
      }
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    snapshot.files().forEach(file -> read(file, columns, rows));
    return Optional.of(rows);
  }

  private void read(DataFile file, List<String> columns, List<Map<String, Object>> rows) {
    Set<Long> deleted =
        LongStream.of(log.deletedPositions(file).orElseThrow()).boxed().collect(Collectors.toSet());
    try (ParquetReader<Group> reader =
        ParquetReader.builder(new GroupReadSupport(), file.in(table)).build()) {
      long position = 0;
      for (Group row = reader.read(); row != null; row = reader.read()) {
        if (!deleted.contains(position++)) {
          Map<String, Object> values = new LinkedHashMap<>();
          for (String column : columns) {
            values.put(column, value(file, row, schema.apply(column)));
          }
          rows.add(values);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Object value(DataFile file, Group row, StructField field) {
    String name = field.name();
    if (file.partitionValues().containsKey(name)) {
      return file.partitionValues().get(name);
    }
    if (!row.getType().containsField(name) || row.getFieldRepetitionCount(name) == 0) {
      return null;
    }
    return field.dataType().equals(DataTypes.BooleanType)
        ? (Object) row.getBoolean(name, 0)
        : row.getBinary(name, 0).toStringUsingUTF8();
  }
}
