package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.eval.EvaluationException;
import io.epicfhir.transform.fhirpath.eval.Problem;
import java.util.BitSet;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Evaluates all views of a type over one resource after the other, each resource parsed once. A
 * resource that does not fit a view is refused by that view alone. Not safe for threads: one for
 * each task.
 */
public final class ViewRunner {
  private static final String NOT_JSON =
      "the resource is not a JSON object; check it at its source";

  private final ResourcePass pass;
  private final List<RowProgram> programs;
  private final RowState[] states;
  private final BitSet all = new BitSet();
  private Object[] resource;
  private boolean labelUnread;
  private Throwable unread;

  ViewRunner(ResourcePass pass, List<RowProgram> programs) {
    this.pass = pass;
    this.programs = programs;
    this.states =
        programs.stream()
            .map(program -> program == null ? null : program.state())
            .toArray(RowState[]::new);
    all.set(0, programs.size());
  }

  /**
   * Sets what the documents say that name the resources to come.
   *
   * @param bits of {@link io.epicfhir.transform.fhirpath.DocumentBits}
   */
  public void documents(int bits) {
    for (RowState state : states) {
      if (state != null) {
        state.frame().documents(bits);
      }
    }
  }

  /** {@link #run(UTF8String, byte[], int, int, BitSet, RowSink)} for all views. */
  public void run(UTF8String key, byte[] bytes, int from, int to, RowSink sink) {
    run(key, bytes, from, to, all, sink);
  }

  /**
   * Evaluates views over a resource.
   *
   * @param key the resource's id; null where it has none
   * @param bytes hold the resource's JSON as UTF-8, and must not change before this call returns
   * @param from where it begins
   * @param to behind its end
   * @param views the numbers of the views that are wanted
   */
  public void run(UTF8String key, byte[] bytes, int from, int to, BitSet views, RowSink sink) {
    read(bytes, from, to);
    for (int view = views.nextSetBit(0); view >= 0; view = views.nextSetBit(view + 1)) {
      evaluate(view, key, sink);
    }
  }

  private void read(byte[] bytes, int from, int to) {
    unread = null;
    resource = null;
    try {
      resource = pass.elements(bytes, from, to);
    } catch (RuntimeException | StackOverflowError e) {
      unread = e;
    }
    labelUnread = pass.takeLabelUnread();
  }

  private void evaluate(int view, UTF8String key, RowSink sink) {
    RowState state = states[view];
    Refusal refusal = null;
    boolean through = false;
    if (resource == null) {
      refusal = notRead(view);
    } else {
      state.start(key, resource, labelUnread);
      try {
        through = programs.get(view).letsThrough(state);
        if (through) {
          programs.get(view).run(state);
        }
      } catch (EvaluationException e) {
        refusal = refusal(view, state.place(), e.problem(), e.getMessage());
      } catch (RuntimeException | StackOverflowError e) {
        refusal = refusal(view, state.place(), Problem.FAILED, failed(e));
      }
    }
    if (refusal != null) {
      sink.refused(view, refusal);
      return;
    }
    for (int i = 0; i < state.size(); i++) {
      sink.row(view, new GenericInternalRow(state.row(i)));
    }
    sink.done(view, through, state.size());
  }

  private Refusal notRead(int view) {
    return unread == null
        ? refusal(view, Place.NONE, Problem.NOT_JSON, NOT_JSON)
        : refusal(view, Place.NONE, Problem.FAILED, failed(unread));
  }

  private Refusal refusal(int view, Place place, Problem problem, String reason) {
    return new Refusal(programs.get(view).view(), problem, place.part(), place.path(), reason);
  }

  /** The exception's own message could hold values of the resource. */
  private static String failed(Throwable e) {
    return "it failed with "
        + e.getClass().getName()
        + "; change the path, or report this as a bug";
  }
}
