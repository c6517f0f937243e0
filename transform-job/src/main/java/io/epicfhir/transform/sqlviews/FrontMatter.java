package io.epicfhir.transform.sqlviews;

import io.epicfhir.transform.sqlviews.SqlView.Note;
import io.epicfhir.transform.sqlviews.SqlView.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The comments at the top of a SQLView's SQL: lines of a key and its value. */
final class FrontMatter {
  private static final Pattern LINE =
      Pattern.compile(
          "\\s?(title|description|question|depends|key|index|(touched by|column)\\s+([A-Za-z_][A-Za-z0-9_]*)\\s*(?:\\(\\s*([A-Za-z0-9]+)\\s*\\))?)\\s*:\\s*(.*)");

  private static final Set<String> REPEATS = Set.of("touched by", "column");

  private final String file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /**
   * A value.
   *
   * @param about the label or column that it is about, or empty
   * @param type in brackets after that, or empty
   */
  private record Entry(String key, String about, String type, String value, int line) {}

  private FrontMatter(String file) {
    this.file = file;
  }

  /**
   * Reads the comments.
   *
   * @throws SqlRefused for a line that is none of the known ones
   */
  static FrontMatter of(String sql, String file) {
    FrontMatter read = new FrontMatter(file);
    List<String> lines = sql.lines().toList();
    Entry last = null;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty()) {
        continue;
      }
      if (!line.startsWith("--")) {
        break;
      }
      last = read.line(line.substring(2), i + 1, last);
    }
    return read;
  }

  private Entry line(String text, int number, Entry last) {
    if (text.isBlank()) {
      return last;
    }
    Entry entry;
    if (text.startsWith("  ") && last != null) {
      entry =
          new Entry(
              last.key(),
              last.about(),
              last.type(),
              last.value() + "\n" + text.strip(),
              last.line());
    } else {
      entry = entry(text, number);
      if (entries.containsKey(entry.key() + " " + entry.about())) {
        throw refuse(number, "the line \"" + name(entry) + "\" occurs twice");
      }
    }
    entries.put(entry.key() + " " + entry.about(), entry);
    return entry;
  }

  private Entry entry(String text, int number) {
    Matcher line = LINE.matcher(text);
    if (!line.matches()) {
      throw refuse(
          number,
          "a comment above the statement must begin with title:, description:, question:, depends:,"
              + " key:, touched by LABEL:, column NAME: or index:, and a continuation line with -- and"
              + " two spaces; put other comments below the word SELECT");
    }
    String key = line.group(2) == null ? line.group(1) : line.group(2);
    String type = line.group(4) == null ? "" : line.group(4);
    if (!type.isEmpty() && !key.equals("column")) {
      throw refuse(number, "only a column has a type in brackets");
    }
    return new Entry(
        key, REPEATS.contains(key) ? line.group(3) : "", type, line.group(5).strip(), number);
  }

  private static String name(Entry entry) {
    return (entry.key() + " " + entry.about()).strip();
  }

  boolean has(String key) {
    return entries.containsKey(key + " ");
  }

  int line(String key) {
    return has(key) ? entries.get(key + " ").line() : 1;
  }

  /** A value on one line, or empty. */
  String text(String key) {
    return has(key) ? entries.get(key + " ").value().replace('\n', ' ') : "";
  }

  /** Names with commas between them, at the commas that are in no brackets. */
  List<String> list(String key) {
    String text = text(key);
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(",(?![^(]*\\))", -1)).map(String::strip).toList();
  }

  /** A column that exists once, by the key {@code key}. */
  List<String> names(String key) {
    List<String> names = list(key);
    names.stream()
        .filter(name -> !name.matches("[A-Za-z_][A-Za-z0-9_]*"))
        .findFirst()
        .ifPresent(
            name -> {
              throw refuse(
                  line(key), "\"" + key + "\" lists \"" + name + "\", which is not a column name");
            });
    return names;
  }

  Map<String, Statement> touched() {
    Map<String, Statement> touched = new LinkedHashMap<>();
    about("touched by")
        .forEach(entry -> touched.put(entry.about(), new Statement(entry.value(), entry.line())));
    return touched;
  }

  Map<String, Note> columns() {
    Map<String, Note> columns = new LinkedHashMap<>();
    about("column")
        .forEach(
            entry ->
                columns.put(
                    entry.about(), new Note(entry.type(), entry.value().replace('\n', ' '))));
    return columns;
  }

  /** Where a column or a touched line is written. */
  int line(String key, String about) {
    Entry entry = entries.get(key + " " + about);
    return entry == null ? 1 : entry.line();
  }

  private List<Entry> about(String key) {
    List<Entry> about = new ArrayList<>();
    entries.values().stream().filter(entry -> entry.key().equals(key)).forEach(about::add);
    return about;
  }

  private SqlRefused refuse(int line, String problem) {
    return new SqlRefused(file, line, problem);
  }
}
