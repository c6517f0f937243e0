package io.epicfhir.transform.views;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * All views of one resource type, and the one parse that feeds them. Tasks get it by Java's
 * serialization; there it only makes runners.
 */
public final class CompiledViews implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String type;
  private final ReadNode read;
  private final ArrayList<RowProgram> programs = new ArrayList<>();
  private final transient List<CompiledView> views;
  private final transient Supplier<ColumnViews> columnPlans;
  private transient ColumnViews columnViews;

  CompiledViews(
      String type, ReadNode read, List<CompiledView> views, Supplier<ColumnViews> columnPlans) {
    this.type = type;
    this.read = read;
    this.views = List.copyOf(views);
    this.columnPlans = columnPlans;
    views.forEach(view -> programs.add(view.program()));
  }

  /** The resource type. */
  public String type() {
    return type;
  }

  /**
   * Evaluates the views, numbered in their order; one for each task.
   *
   * @param drift counts what is not as FHIR says
   */
  public ViewRunner runner(Drift drift) {
    return new ViewRunner(new ResourcePass(read, type, drift), programs);
  }

  /** The resource types whose keys the views hold, so that readers join them. */
  public Set<String> refersTo() {
    return read.targets();
  }

  /** The views, in the order in which they were given; not there in a task. */
  public List<CompiledView> views() {
    return views;
  }

  /**
   * Parses resources for plans of Spark's columns.
   *
   * @param silver has the columns id and resource (the JSON text); other columns are not looked at
   * @param drift registered with Spark
   */
  public Dataset<Row> parse(Dataset<Row> silver, Drift drift) {
    return columnViews().parse(silver, drift);
  }

  /** The rows of a view by Spark's columns. */
  public Dataset<Row> rows(int view, Dataset<Row> parsed) {
    return columnViews().rows(view, parsed);
  }

  private synchronized ColumnViews columnViews() {
    if (columnViews == null) {
      columnViews = columnPlans.get();
    }
    return columnViews;
  }
}
