package io.epicfhir.transform.views;

import java.util.List;

/**
 * A SQL-on-FHIR v2 ViewDefinition as it was written.
 *
 * @param name the table's name
 * @param resource the resource type that it reads
 * @param title a short name for people, or empty
 * @param description what the table holds, or empty
 * @param constants what paths may name as %name
 * @param where paths that must all be true for a resource to be taken
 * @param select what the rows are made of
 * @param json the text that it was read from
 */
public record ViewDefinition(
    String name,
    String resource,
    String title,
    String description,
    List<Constant> constants,
    List<String> where,
    List<Select> select,
    String json) {

  /** Whether databases take the name as a table's: one that is the file's own may be no such. */
  public boolean namesTable() {
    return ViewDefinitionReader.NAME.matcher(name).matches();
  }

  /**
   * Reads a view.
   *
   * @param json the ViewDefinition's text
   * @param origin the file's name: it stands in messages, and names a view that has no name
   * @throws ViewException of kind VALIDATION when this is no ViewDefinition
   */
  public static ViewDefinition parse(String json, String origin) {
    return new ViewDefinitionReader(origin).read(json);
  }

  /**
   * A named value for paths.
   *
   * @param name what a path writes after %
   * @param type the FHIR type, such as dateTime
   * @param text the value as it was written
   */
  record Constant(String name, String type, String text) {}

  /** How often a select repeats. */
  enum Iteration {
    ONCE,
    FOR_EACH,
    FOR_EACH_OR_NULL,
    REPEAT
  }

  /**
   * A node of the view: for each element of its paths its columns, crossed with the rows of its
   * nested selects and of its union.
   *
   * @param iteration how often
   * @param paths over what: one path, several for REPEAT, none for ONCE
   */
  record Select(
      Iteration iteration,
      List<String> paths,
      List<Column> columns,
      List<Select> selects,
      List<Select> unionAll) {}

  /**
   * A column as it was written.
   *
   * @param type the declared FHIR type, or empty
   * @param ansiType the value of the tag ansi/type, or empty
   * @param indexed whether the tag load/index asks for an index
   */
  record Column(
      String name,
      String path,
      String type,
      boolean collection,
      String description,
      String ansiType,
      boolean indexed) {}

  /** Whether it has no where. */
  public boolean letsAllThrough() {
    return where.isEmpty();
  }

  /** Whether each resource that its where lets through gives at least one row. */
  public boolean givesRowForEachResource() {
    return select.stream().allMatch(ViewDefinition::givesRow);
  }

  /** Whether a select gives at least one row of each element that it is at. */
  private static boolean givesRow(Select select) {
    boolean itself = select.paths().isEmpty() || select.iteration() == Iteration.FOR_EACH_OR_NULL;
    return itself
        && select.selects().stream().allMatch(ViewDefinition::givesRow)
        && (select.unionAll().isEmpty()
            || select.unionAll().stream().anyMatch(ViewDefinition::givesRow));
  }
}
