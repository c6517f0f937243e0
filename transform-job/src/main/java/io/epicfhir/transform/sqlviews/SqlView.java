package io.epicfhir.transform.sqlviews;

import io.epicfhir.common.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A SQLView as it was written.
 *
 * @param name the table's name
 * @param file the file's name, for messages
 * @param url its canonical URL, or empty
 * @param description the table's comment
 * @param dependencies what it reads, in the order written
 * @param key the column by which its table is kept, where it names one
 * @param touched by label: which keys a change of that dependency touches
 * @param columns what people wrote about columns, by name
 * @param indexed columns that get an index
 * @param query the statement; its text is all of the file's, comments too, so that lines agree
 */
public record SqlView(
    String name,
    String file,
    String url,
    String description,
    List<Dependency> dependencies,
    Optional<String> key,
    Map<String, Statement> touched,
    Map<String, Note> columns,
    List<String> indexed,
    Statement query) {

  /** Changes where the way in which the same definition becomes rows does. */
  private static final String ENGINE = "3";

  /** What {@code touched} statements call the changed rows. */
  public static final String CHANGED = "changed";

  /**
   * A table that the SQL reads.
   *
   * @param kind what it is; a canonical URL of a Library may be a lookup's too
   * @param name its name, or the canonical URL
   * @param label what the SQL calls it
   * @param optional for a lookup that may be missing: the columns that it has then
   */
  public record Dependency(Kind kind, String name, String label, Optional<List<String>> optional) {
    /** The same dependency under the name that a canonical URL stands for. */
    public Dependency as(Kind found, String resolved) {
      return new Dependency(found, resolved, label, optional);
    }
  }

  /** What a dependency is. */
  public enum Kind {
    /** A view or a SQLView. */
    TABLE,
    LOOKUP,
    /** A view, SQLView or lookup by its URL. */
    CANONICAL
  }

  /**
   * SQL.
   *
   * @param sql the text
   * @param line where it begins in the file, from 1
   */
  public record Statement(String sql, int line) {}

  /**
   * What somebody wrote about a column.
   *
   * @param fhirType the FHIR type of its values, or empty
   */
  public record Note(String fhirType, String description) {}

  /** The same SQLView with its canonical URLs resolved. */
  public SqlView with(List<Dependency> resolved) {
    return new SqlView(
        name, file, url, description, resolved, key, touched, columns, indexed, query);
  }

  /** The same SQLView whose column {@value RowMark#COLUMN} has a meaning, where it had none. */
  public SqlView marking() {
    Map<String, Note> all = new TreeMap<>(columns);
    all.putIfAbsent(RowMark.COLUMN, new Note("boolean", RowMark.MEANING));
    return with(all, indexed);
  }

  /** The same SQLView without that column. */
  public SqlView withoutMark() {
    Map<String, Note> others = new TreeMap<>(columns);
    others.keySet().removeIf(RowMark::isNamed);
    return with(others, indexed.stream().filter(name -> !RowMark.isNamed(name)).toList());
  }

  private SqlView with(Map<String, Note> notes, List<String> index) {
    return new SqlView(
        name, file, url, description, dependencies, key, touched, notes, index, query);
  }

  /** Changes where anything of the definition does. */
  public String hash() {
    List<String> parts = new ArrayList<>(List.of(ENGINE, name, description, key.orElse("")));
    dependencies.forEach(dependency -> parts.add(dependency.toString()));
    touched.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(one -> parts.add(one.getKey() + "=" + one.getValue().sql()));
    columns.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(one -> parts.add(one.toString()));
    parts.addAll(indexed);
    parts.add(query.sql());
    return Sha256.hex(String.join("\u0000", parts));
  }

  /** Title, description and question as a table's comment. */
  static String comment(String title, String description, String question) {
    return Stream.of(title, description, question)
        .filter(text -> !text.isBlank())
        .map(String::strip)
        .collect(Collectors.joining("\n"));
  }
}
