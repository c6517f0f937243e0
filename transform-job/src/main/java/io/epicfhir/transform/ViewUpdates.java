package io.epicfhir.transform;

import io.epicfhir.common.JobException;
import io.epicfhir.common.SideBySide;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.silver.SilverState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Does the updates of views and commits each. Each view stands alone: one that fails keeps its last
 * good rows, one whose own file cannot be read is built anew, and the others go on.
 */
final class ViewUpdates {
  private final Predicate<String> isReferredTo;
  private final DeletionVectors vectors;
  private final SilverState silver;
  private final String signature;
  private final ViewResults results;

  /**
   * @param isReferredTo whether resources of other types refer to a type
   * @param silver what the views are brought to
   * @param signature of the commits
   */
  ViewUpdates(
      Predicate<String> isReferredTo,
      DeletionVectors vectors,
      SilverState silver,
      String signature,
      ViewResults results) {
    this.isReferredTo = isReferredTo;
    this.vectors = vectors;
    this.silver = silver;
    this.signature = signature;
    this.results = results;
  }

  /** Does them all. */
  void run(ViewWork job, List<ViewUpdate> updates) {
    Map<String, List<ViewPart>> parts = new HashMap<>();
    if (!Failures.attempt(
        () -> parts.putAll(evaluated(job, updates)), failure -> again(job, updates, failure))) {
      return;
    }
    results.drift(job.drift());
    // What others refer to comes first.
    Map<Boolean, List<ViewUpdate>> stages =
        updates.stream().collect(Collectors.partitioningBy(view -> isReferredTo.test(view.type())));
    for (boolean referredTo : new boolean[] {true, false}) {
      SideBySide.forEach(
          stages.get(referredTo),
          view -> {
            try {
              commit(view, parts.get(view.plan().name()));
            } catch (RuntimeException e) {
              fail(view.type(), view.plan(), e);
            }
          });
    }
  }

  private static Map<String, List<ViewPart>> evaluated(ViewWork job, List<ViewUpdate> updates) {
    updates.forEach(ViewUpdate::forgetRefused); // of an earlier run, or try
    return job.run(updates);
  }

  /**
   * The same updates without the need of a file that cannot be read: its view is built anew. Empty
   * where it is no file of these views that is to blame.
   */
  private Optional<List<ViewUpdate>> withoutUnread(Throwable failure, List<ViewUpdate> updates) {
    Optional<UnreadFile> file = UnreadFile.in(failure);
    Optional<ViewUpdate> owner =
        updates.stream()
            .filter(view -> !view.files().isEmpty())
            .filter(view -> file.filter(f -> f.isIn(view.table().path())).isPresent())
            .findFirst();
    owner.ifPresent(view -> results.changed(view.plan().name(), file.orElseThrow().sentence()));
    return owner.map(
        bad -> updates.stream().map(view -> view == bad ? view.anew() : view).toList());
  }

  /**
   * One of the views ended all of them: where its own file cannot be read, all once more; else each
   * by itself.
   */
  private void again(ViewWork job, List<ViewUpdate> updates, Throwable failure) {
    Optional<List<ViewUpdate>> others = withoutUnread(failure, updates);
    if (others.isPresent()) {
      run(job, others.get());
      return;
    }
    Failures.ofTable("the views", failure);
    updates.forEach(view -> alone(job, view));
  }

  /** One view by itself, and at last anew. */
  private void alone(ViewWork job, ViewUpdate view) {
    Failures.attempt(
        () -> {
          commit(view, evaluated(job, List.of(view)).get(view.plan().name()));
          results.drift(job.drift());
        },
        failure -> {
          if (view.from().isPresent() && !(failure instanceof ViewRefused)) {
            alone(job, view.anew());
          } else {
            fail(view.type(), view.plan(), failure);
          }
        });
  }

  private void commit(ViewUpdate view, List<ViewPart> parts) {
    ViewState state = view.commit(parts, silver, vectors, signature);
    results.done(view.type(), view.plan(), state);
    results.checked(view.type(), view.plan(), state, silver);
  }

  /**
   * Says why a view keeps its last good rows.
   *
   * @throws JobException where a storage failed, which is all views' affair
   */
  void fail(String type, ViewPlan plan, Throwable failure) {
    if (failure instanceof ViewRefused refused) {
      results.failed(type, plan.name(), refused.getMessage());
      return;
    }
    RuntimeException told = Failures.ofTable("view " + plan.name(), failure);
    results.failed(
        type,
        plan.name(),
        "View "
            + plan.name()
            + " keeps its last good rows"
            + (told instanceof JobException known
                ? ". " + known.getMessage()
                : ": it failed with "
                    + Failures.root(failure).getClass().getName()
                    + "; see the task's log"));
    results.trace(plan.name(), failure);
  }
}
