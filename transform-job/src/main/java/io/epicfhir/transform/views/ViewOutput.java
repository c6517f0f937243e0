package io.epicfhir.transform.views;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.epicfhir.transform.fhirpath.Form;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/** Writes what a view gave: rows.ndjson and columns.json, or error.json. */
final class ViewOutput {
  private static final JsonFactory JSON = new JsonFactory();

  private static final String ROWS = "rows.ndjson";
  private static final String ERROR = "error.json";

  private final Path folder;

  ViewOutput(Path folder) {
    this.folder = folder;
  }

  /**
   * @param rows as {@link #line} gives them
   */
  void rows(List<ViewColumn> columns, List<String> rows) throws IOException {
    Files.deleteIfExists(folder.resolve(ERROR));
    try (Writer file = writer(ROWS)) {
      for (String row : rows) {
        file.write(row);
        file.write('\n');
      }
    }
    try (Writer file = writer("columns.json");
        JsonGenerator list = JSON.createGenerator(file)) {
      list.writeStartArray();
      for (ViewColumn column : columns) {
        list.writeStartObject();
        list.writeStringField("name", column.name());
        list.writeStringField("fhirType", column.fhirType());
        list.writeBooleanField("collection", column.collection());
        list.writeEndObject();
      }
      list.writeEndArray();
    }
  }

  void refusal(ViewException refused) throws IOException {
    Files.deleteIfExists(folder.resolve(ROWS));
    Files.deleteIfExists(folder.resolve("columns.json"));
    try (Writer file = writer(ERROR);
        JsonGenerator error = JSON.createGenerator(file)) {
      error.writeStartObject();
      error.writeStringField(
          "kind", refused.kind() == ViewException.Kind.VALIDATION ? "validation" : "evaluation");
      error.writeStringField("message", refused.getMessage());
      error.writeEndObject();
    }
  }

  /** Half of a character is written as a question mark; a writer of Files would fail. */
  private Writer writer(String name) throws IOException {
    return new OutputStreamWriter(
        new BufferedOutputStream(Files.newOutputStream(folder.resolve(name))), UTF_8);
  }

  /** One row as a JSON object: keys in column order, nulls explicit, decimals with their digits. */
  static String line(List<ViewColumn> columns, InternalRow row) {
    StringWriter text = new StringWriter();
    try (JsonGenerator line = JSON.createGenerator(text)) {
      row(line, columns, row);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write a row", e);
    }
    return text.toString();
  }

  private static void row(JsonGenerator line, List<ViewColumn> columns, InternalRow row)
      throws IOException {
    line.writeStartObject();
    for (int i = 0; i < columns.size(); i++) {
      ViewColumn column = columns.get(i);
      line.writeFieldName(column.name());
      if (column.collection()) {
        line.writeStartArray();
        for (Object item : ((GenericArrayData) row.getArray(i)).array()) {
          value(line, column, item);
        }
        line.writeEndArray();
      } else {
        value(line, column, row.get(i, column.sparkType()));
      }
    }
    line.writeEndObject();
  }

  private static void value(JsonGenerator line, ViewColumn column, Object value)
      throws IOException {
    if (value == null) {
      line.writeNull();
    } else if (value instanceof Boolean b) {
      line.writeBoolean(b);
    } else if (value instanceof UTF8String text && !decimal(column)) {
      line.writeString(text.toString());
    } else {
      line.writeNumber(value.toString());
    }
  }

  private static boolean decimal(ViewColumn column) {
    String type = column.fhirType();
    return Form.ofPrimitive(type.substring(type.lastIndexOf('/') + 1)) == Form.DECIMAL;
  }
}
