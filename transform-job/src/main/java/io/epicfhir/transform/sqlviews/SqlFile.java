package io.epicfhir.transform.sqlviews;

import io.epicfhir.transform.sqlviews.SqlView.Dependency;
import io.epicfhir.transform.sqlviews.SqlView.Kind;
import io.epicfhir.transform.sqlviews.SqlView.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A SQLView in a file {@code NAME.sql}: comments that say what it is, and one statement. */
final class SqlFile {
  /** The invariant sql-name of the specification. */
  static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");

  private static final Pattern DEPENDENCY =
      Pattern.compile(
          "(lookup\\s+)?([A-Za-z][A-Za-z0-9_]*)(?:\\s+as\\s+([A-Za-z][A-Za-z0-9_]*))?(?:\\s*\\(\\s*(optional)\\s*(?::([^)]*))?\\))?",
          Pattern.CASE_INSENSITIVE);

  private SqlFile() {}

  /**
   * Reads it.
   *
   * @param file its name, which names the table
   * @throws SqlRefused where its comments cannot be used
   */
  static SqlView read(String text, String file) {
    String name = file.replaceFirst("\\.sql$", "");
    if (!NAME.matcher(name).matches()) {
      throw new SqlRefused(
          file,
          0,
          "the file's name becomes the table's name: use letters, digits and _, beginning with a letter");
    }
    FrontMatter front = FrontMatter.of(text, file);
    if (front.text("description").isBlank()) {
      throw new SqlRefused(file, 1, "say what one row is: -- description: One row per …");
    }
    if (front.list("depends").isEmpty()) {
      throw new SqlRefused(
          file, 1, "declare the tables that it reads: -- depends: NAME, NAME as LABEL, …");
    }
    List<Dependency> dependencies = new ArrayList<>();
    front.list("depends").forEach(one -> dependencies.add(dependency(one, front, file)));
    return view(
        name,
        file,
        "",
        SqlView.comment(front.text("title"), front.text("description"), front.text("question")),
        dependencies,
        front,
        text);
  }

  /** A SQLView of its parts; checks what is known without its SQL. */
  static SqlView view(
      String name,
      String file,
      String url,
      String description,
      List<Dependency> dependencies,
      FrontMatter front,
      String sql) {
    Set<String> labels = new HashSet<>();
    for (Dependency dependency : dependencies) {
      String label = dependency.label().toLowerCase(Locale.ROOT);
      if (!NAME.matcher(label).matches()) {
        throw new SqlRefused(
            file,
            front.line("depends"),
            "the label \""
                + dependency.label()
                + "\" is not a valid table name: use letters, digits and _, beginning with a letter");
      }
      if (!labels.add(label)) {
        throw new SqlRefused(
            file, front.line("depends"), "the label " + label + " occurs twice; use \"as\"");
      }
      if (label.equals(SqlView.CHANGED)) {
        throw new SqlRefused(
            file,
            front.line("depends"),
            "the label \"changed\" is reserved for \"touched by\"; choose another one with \"as\"");
      }
    }
    List<String> key = front.names("key");
    if (key.size() > 1) {
      throw new SqlRefused(file, front.line("key"), "a key is one column");
    }
    for (String label : front.touched().keySet()) {
      if (key.isEmpty()) {
        throw new SqlRefused(
            file, front.line("touched by", label), "\"touched by\" needs a key; add -- key:");
      }
      if (dependencies.stream().noneMatch(one -> one.label().equals(label))) {
        throw new SqlRefused(
            file, front.line("touched by", label), label + " is not a label of \"depends\"");
      }
    }
    return new SqlView(
        name,
        file,
        url,
        description,
        List.copyOf(dependencies),
        key.stream().findFirst(),
        front.touched(),
        front.columns(),
        front.names("index"),
        new Statement(sql, 1));
  }

  private static Dependency dependency(String text, FrontMatter front, String file) {
    Matcher parts = DEPENDENCY.matcher(text);
    if (!parts.matches()) {
      throw new SqlRefused(
          file,
          front.line("depends"),
          "\""
              + text
              + "\" is not a dependency; write NAME, NAME as LABEL, lookup NAME or lookup NAME (optional)");
    }
    boolean lookup = parts.group(1) != null;
    Optional<List<String>> optional = Optional.empty();
    if (parts.group(4) != null) {
      if (!lookup) {
        throw new SqlRefused(file, front.line("depends"), "only a lookup can be optional: " + text);
      }
      optional =
          Optional.of(
              parts.group(5) == null || parts.group(5).isBlank()
                  ? List.of()
                  : Arrays.stream(parts.group(5).split(",", -1)).map(String::strip).toList());
    }
    return new Dependency(
        lookup ? Kind.LOOKUP : Kind.TABLE,
        parts.group(2),
        parts.group(3) == null ? parts.group(2) : parts.group(3),
        optional);
  }
}
