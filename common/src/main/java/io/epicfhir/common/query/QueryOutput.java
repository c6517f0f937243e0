package io.epicfhir.common.query;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/** Rows as a table for the terminal, or as a CSV file. Both are patient data. */
public final class QueryOutput {
  /** A terminal is for a look; a file has all rows. */
  private static final int MOST_ROWS = 200;

  private static final int WIDEST = 60;

  private final List<String> columns;

  /** Rows with these columns. */
  public QueryOutput(List<String> columns) {
    this.columns = columns;
  }

  /** Prints the first rows as a table, and how many there are. */
  public void print(Iterator<List<Object>> rows, PrintStream to) {
    List<List<String>> lines = new ArrayList<>(List.of(columns));
    long count = 0;
    for (; rows.hasNext(); count++) {
      List<Object> row = rows.next();
      if (count < MOST_ROWS) {
        lines.add(row.stream().map(value -> cut(value == null ? "" : text(value))).toList());
      }
    }
    int[] widths = new int[columns.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (int i = 0; i < lines.size(); i++) {
      to.println(line(lines.get(i), widths));
      if (i == 0) {
        to.println("-".repeat(line(lines.get(0), widths).length()));
      }
    }
    to.println(
        count > MOST_ROWS
            ? "%d rows; the first %d are shown, --out FILE.csv writes all"
                .formatted(count, MOST_ROWS)
            : count == 1 ? "1 row" : count + " rows");
  }

  private static String line(List<String> values, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append(i == 0 ? "" : "  ").append(values.get(i));
      line.append(" ".repeat(widths[i] - values.get(i).length()));
    }
    return line.toString().stripTrailing();
  }

  /** Whatever a value holds, it stays on its line: a control character could steer a terminal. */
  private static String cut(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", " ");
    return plain.length() <= WIDEST ? plain : plain.substring(0, WIDEST - 1) + "…";
  }

  /**
   * Writes all rows as CSV (RFC 4180, with a header); a null is empty, an empty text is {@code ""}.
   *
   * @return how many rows
   */
  public long csv(Iterator<List<Object>> rows, Path file) {
    long count = 0;
    try (Writer to = Files.newBufferedWriter(file)) {
      to.write(columns.stream().map(QueryOutput::quoted).collect(Collectors.joining(",")) + "\r\n");
      for (; rows.hasNext(); count++) {
        to.write(
            rows.next().stream()
                    .map(value -> value == null ? "" : quoted(text(value)))
                    .collect(Collectors.joining(","))
                + "\r\n");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
    return count;
  }

  private static String quoted(String text) {
    boolean plain = !text.isEmpty() && text.chars().noneMatch(c -> "\",\r\n".indexOf(c) >= 0);
    return plain ? text : "\"" + text.replace("\"", "\"\"") + "\"";
  }

  /** A value as text; a list as PostgreSQL writes one. */
  private static String text(Object value) {
    if (value instanceof Iterable<?> items) {
      List<String> texts = new ArrayList<>();
      items.forEach(item -> texts.add(item == null ? "NULL" : text(item)));
      return "{" + String.join(",", texts) + "}";
    }
    if (value instanceof Timestamp time) {
      return time.toInstant().toString();
    }
    return value instanceof BigDecimal number ? number.toPlainString() : value.toString();
  }
}
