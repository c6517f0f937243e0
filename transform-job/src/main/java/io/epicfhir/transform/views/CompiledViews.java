package io.epicfhir.transform.views;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.BitSet;
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
  private final ArrayList<RowProgram> programs;
  private final transient List<CompiledView> views;

  CompiledViews(String type, ReadNode read, List<CompiledView> views) {
    this.type = type;
    this.read = read;
    this.views = List.copyOf(views);
    this.programs = new ArrayList<>();
    views.forEach(view -> programs.add(view.program()));
  }

  private CompiledViews(CompiledViews all, BitSet wanted) {
    this.type = all.type;
    this.read = all.read;
    this.views = all.views;
    this.programs = new ArrayList<>(all.programs);
    for (int number = 0; number < programs.size(); number++) {
      if (!wanted.get(number)) {
        programs.set(number, null);
      }
    }
  }

  /**
   * The same for tasks that are asked for some of the views alone: no other one travels to them.
   *
   * @param wanted the numbers of the views, which stay the same
   */
  public CompiledViews only(BitSet wanted) {
    return new CompiledViews(this, wanted);
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
