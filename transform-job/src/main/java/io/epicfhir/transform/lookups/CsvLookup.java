package io.epicfhir.transform.lookups;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/**
 * A lookup as comma-separated values, RFC 4180, with names and types in its header. Nothing between
 * commas is null, two quotation marks are an empty text.
 */
final class CsvLookup {
  private final String file;
  private final String text;
  private int at;
  private int line = 1;

  private CsvLookup(String file, String text) {
    this.file = file;
    this.text = text;
  }

  /**
   * Reads it whole.
   *
   * @throws LookupRefused for the first line that is wrong
   */
  static LookupContent read(String text, String file) {
    return new CsvLookup(file, text).content();
  }

  private LookupContent content() {
    if (text.isEmpty()) {
      throw refuse(0, "the file is empty; its first line must name the columns");
    }
    if (!text.endsWith("\n")) {
      throw refuse(
          (int) text.chars().filter(c -> c == '\n').count() + 1,
          "the last line has no line break, so the file may be truncated; end it with a newline");
    }
    StructType columns = header();
    String[] types = new String[columns.length()];
    for (int i = 0; i < types.length; i++) {
      types[i] = columns.fields()[i].metadata().getString("fhirType");
    }
    LookupKey key = new LookupKey(columns, file);
    List<Row> rows = new ArrayList<>();
    while (at < text.length()) {
      int first = line;
      List<Optional<String>> fields = record();
      if (fields.size() == 1 && fields.get(0).isEmpty() && types.length > 1) {
        continue; // a blank line
      }
      if (fields.size() != types.length) {
        throw refuse(
            first, "the line has " + fields.size() + " values, and the header has " + types.length);
      }
      Object[] values = new Object[types.length];
      for (int i = 0; i < types.length; i++) {
        values[i] = value(fields.get(i), types[i], columns.fieldNames()[i], first);
      }
      key.take(values, first);
      rows.add(RowFactory.create(values));
    }
    return new LookupContent("", "", columns, rows);
  }

  private StructType header() {
    List<String> names = new ArrayList<>();
    for (Optional<String> name : record()) {
      names.add(name.orElse(""));
    }
    try {
      return LookupColumns.of(names);
    } catch (IllegalArgumentException e) {
      throw refuse(1, e.getMessage());
    }
  }

  private Object value(Optional<String> text, String type, String column, int at) {
    try {
      return text.map(value -> LookupColumns.value(value, type)).orElse(null);
    } catch (IllegalArgumentException e) {
      throw refuse(at, "column " + column + ": " + e.getMessage());
    }
  }

  /** One line, or several where a text in quotation marks has line ends. */
  private List<Optional<String>> record() {
    List<Optional<String>> fields = new ArrayList<>();
    while (true) {
      fields.add(text.charAt(at) == '"' ? Optional.of(quoted()) : bare());
      char end = text.charAt(at++);
      if (end == '\r' && text.charAt(at) == '\n') {
        end = text.charAt(at++);
      }
      if (end == '\n') {
        line++;
        return fields;
      }
      if (end != ',') {
        throw refuse(
            line, "a closing quotation mark must be followed by a comma or the end of the line");
      }
    }
  }

  private Optional<String> bare() {
    int from = at;
    while (text.charAt(at) != ',' && text.charAt(at) != '\n') {
      if (text.charAt(at) == '"') {
        throw refuse(line, "a value that contains a quotation mark must be quoted");
      }
      at++;
    }
    int to = at;
    if (text.charAt(at) == '\n' && at > from && text.charAt(at - 1) == '\r') {
      to--;
    }
    return from == to ? Optional.empty() : Optional.of(text.substring(from, to));
  }

  private String quoted() {
    int first = line;
    StringBuilder value = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c != '"') {
        line += c == '\n' ? 1 : 0;
        value.append(c);
      } else if (at + 1 < text.length() && text.charAt(at + 1) == '"') {
        value.append('"');
        at++;
      } else {
        at++;
        return value.toString();
      }
    }
    throw refuse(first, "the quotation mark that opens here is not closed");
  }

  private LookupRefused refuse(int at, String problem) {
    return new LookupRefused(file, at, problem);
  }
}
