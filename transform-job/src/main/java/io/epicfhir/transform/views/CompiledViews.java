package io.epicfhir.transform.views;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

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

  CompiledViews(String type, ReadNode read, List<CompiledView> views) {
    this.type = type;
    this.read = read;
    this.views = List.copyOf(views);
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
}
