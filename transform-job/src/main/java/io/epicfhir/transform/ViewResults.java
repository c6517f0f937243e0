package io.epicfhir.transform;

import io.epicfhir.transform.silver.SilverState;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What became of the views in a run. */
final class ViewResults {
  private static final Logger LOG = LoggerFactory.getLogger(ViewResults.class);

  private final Map<String, Done> done = new TreeMap<>();
  private final Map<String, String> changed = new TreeMap<>();
  private final Map<String, String> failed = new TreeMap<>();
  private final Map<String, String> types = new TreeMap<>();
  private final Map<String, Map<String, Long>> drift = new TreeMap<>();
  private final Set<String> notes = new TreeSet<>();

  /** A view that is what silver gives. */
  record Done(String type, ViewPlan plan, ViewState state) {}

  synchronized void done(String type, ViewPlan plan, ViewState state) {
    done.put(plan.name(), new Done(type, plan, state));
    if (state.leftOut() > 0) {
      notes.add(
          "View "
              + plan.name()
              + " leaves out "
              + state.leftOut()
              + " "
              + type
              + " resources that do not fit it (transform.leave-out); their list is in"
              + " quarantine/view="
              + plan.name()
              + ".");
    }
  }

  /** Whether a view has as many resources as silver and its where let it have. */
  synchronized void checked(String type, ViewPlan plan, ViewState state, SilverState silver) {
    long live = silver.of(type).rowsLive();
    Long expected = plan.letsAllThrough() ? (Long) live : state.letThrough();
    if (expected == null) {
      return;
    }
    long has = state.resources() + state.leftOut();
    boolean right = plan.rowForEachResource() ? has == expected : has <= expected;
    if (!right) {
      failed(
          type,
          plan.name(),
          "View %s has rows of %d %s resources, but %d match it in silver; rerun from transform with views = %s, which rebuilds it"
              .formatted(plan.name(), has, type, expected, plan.name()));
    }
  }

  synchronized void changed(String view, String why) {
    changed.put(view, why);
  }

  synchronized void failed(String type, String view, String message) {
    failed.put(view, message);
    types.put(view, type);
  }

  /** For the log only: the trace of a failure can hold data, so its causes' messages stay out. */
  void trace(String view, Throwable failure) {
    LOG.warn("View {} failed: {}", view, failure.getClass().getName());
    for (StackTraceElement at : failure.getStackTrace()) {
      if (at.getClassName().startsWith("io.epicfhir")) {
        LOG.warn("  at {}", at);
        break;
      }
    }
  }

  void drift(Map<String, Map<String, Long>> counts) {
    counts.forEach(
        (type, ofType) ->
            ofType.forEach(
                (what, times) ->
                    drift
                        .computeIfAbsent(type, t -> new TreeMap<>())
                        .merge(what, times, Math::max)));
  }

  /** Views that are what silver gives, by name. */
  Map<String, Done> done() {
    return done;
  }

  /** Why views were built anew that nobody asked for, by name. */
  Map<String, String> changed() {
    return changed;
  }

  /** Why views keep their last good rows, by name. */
  Map<String, String> failed() {
    return failed;
  }

  /** The resource types of those. */
  Map<String, String> types() {
    return types;
  }

  /** What resources have that FHIR does not say, by type. */
  Map<String, Map<String, Long>> drift() {
    return drift;
  }

  List<String> notes() {
    return List.copyOf(notes);
  }
}
