package io.epicfhir.transform;

import io.epicfhir.common.JobException;
import io.epicfhir.common.SideBySide;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.TaskProgress;
import io.epicfhir.transform.silver.SilverRowsOfTypes;
import io.epicfhir.transform.silver.SilverSession;
import io.epicfhir.transform.silver.SilverState;
import io.epicfhir.transform.silver.SilverTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/**
 * Brings the tables of all views up to date with silver. Each view stands alone: one that fails
 * keeps its last good rows, and the others go on.
 */
final class ViewTables {
  /** More changed resources of a type than these are not sent to every task. */
  private static final long FEW = 200_000;

  /** Old rows are looked through whole: of so many times the limit of a change, Spark does that. */
  private static final long TABLES = 64;

  private final Supplier<SparkSession> spark;
  private final Lake lake;
  private final TransformSettings settings;
  private final Map<String, TypeViews> views;
  private final SilverState silver;
  private final String signature;
  private final ViewResults results = new ViewResults();

  ViewTables(
      Supplier<SparkSession> spark,
      Lake lake,
      TransformSettings settings,
      Map<String, TypeViews> views,
      SilverState silver,
      String signature) {
    this.signature = signature;
    this.spark = spark;
    this.lake = lake;
    this.settings = settings;
    this.views = views;
    this.silver = silver;
  }

  /**
   * Brings them up to date.
   *
   * @param anew views that are built anew
   * @param changed types of which silver is not what this pipeline left: their views keep their
   *     last good rows
   */
  ViewResults bringUpToDate(Set<String> anew, Set<String> changed) {
    List<ViewUpdate> behind = behind(anew, changed);
    if (!behind.isEmpty()) {
      update(behind);
    }
    return results;
  }

  /** In the order in which they are committed: what others refer to comes first. */
  private List<ViewUpdate> behind(Set<String> anew, Set<String> changed) {
    List<String> types =
        views.keySet().stream()
            .filter(type -> !changed.contains(type))
            .sorted(Comparator.comparing((String type) -> !isReferredTo(type)))
            .toList();
    List<Supplier<Optional<ViewUpdate>>> looks = new ArrayList<>();
    types.forEach(
        type -> views.get(type).views().forEach(plan -> looks.add(() -> look(type, plan, anew))));
    return SideBySide.map(looks, Supplier::get).stream().flatMap(Optional::stream).toList();
  }

  private boolean isReferredTo(String type) {
    return views.entrySet().stream()
        .anyMatch(
            other -> !other.getKey().equals(type) && other.getValue().refersTo().contains(type));
  }

  private Optional<ViewUpdate> look(String type, ViewPlan plan, Set<String> anew) {
    ViewTable table = new ViewTable(lake, plan);
    try {
      ViewTable.Found found = table.look(silver, type);
      found.strange().ifPresent(why -> results.changed(plan.name(), why));
      boolean leaveOut = settings.leaveOut().contains(plan.name());
      boolean current =
          found.isCurrent(silver.of(type))
              && !anew.contains(plan.name())
              && (leaveOut || found.from().orElseThrow().leftOut() == 0);
      if (current) {
        results.done(type, plan, found.from().orElseThrow());
        results.checked(type, plan, found.from().orElseThrow(), silver);
        return Optional.empty();
      }
      table.removeLeftovers();
      Optional<ViewState> from = anew.contains(plan.name()) ? Optional.empty() : found.from();
      // Whom a view leaves out nobody counts resource by resource: it is built anew.
      Optional<ViewState> kept = from.filter(state -> state.leftOut() == 0);
      return Optional.of(new ViewUpdate(lake, type, table, kept, leaveOut));
    } catch (RuntimeException e) {
      fail(type, plan, e);
      return Optional.empty();
    }
  }

  private void update(List<ViewUpdate> behind) {
    SilverTable table = new SilverTable(lake);
    var snapshot =
        silver.deltaVersion() < 0
            ? Optional.<io.epicfhir.common.delta.TableSnapshot>empty()
            : table.log().snapshot();
    Map<String, Long> since = new TreeMap<>();
    behind.forEach(view -> since.merge(view.type(), view.since(), Math::min));
    SilverRowsOfTypes rows = new SilverRowsOfTypes(lake, snapshot);
    List<ViewUpdate> updates = behind.stream().map(view -> bounded(view, rows)).toList();
    updates.forEach(view -> lake.delete(view.refusedFolder()));
    long read = rows.bytes(since);
    String doing = "views of " + String.join(", ", since.keySet());
    if (isSmall(read, updates)) {
      try (TaskProgress progress = new TaskProgress(doing)) {
        together(new SmallViewJob(lake, rows, views, settings.vectors(), progress), updates);
      }
      return;
    }
    SparkSession session = SilverSession.of(spark.get(), read, 0);
    session.sparkContext().setJobGroup("views", doing, false);
    try (TaskProgress progress = new TaskProgress(session.sparkContext(), doing)) {
      together(new ViewJob(session, lake, rows, views, settings.vectors(), progress), updates);
    }
  }

  /**
   * Whether this process does it by itself: few bytes of silver, and few of old rows. Of tables
   * whose rows are marked only the ids are read.
   *
   * @param read bytes of silver
   */
  private boolean isSmall(long read, List<ViewUpdate> updates) {
    long old =
        updates.stream()
            .mapToLong(view -> view.files().stream().mapToLong(DataFile::bytes).sum())
            .sum();
    return read < settings.inProcessBelow() && old < TABLES * settings.inProcessBelow();
  }

  /** A view of which very many resources changed is built anew. */
  private static ViewUpdate bounded(ViewUpdate view, SilverRowsOfTypes rows) {
    boolean many = view.from().isPresent() && rows.mostChanged(view.type(), view.since()) > FEW;
    return many ? view.anew() : view;
  }

  private void together(ViewWork job, List<ViewUpdate> updates) {
    Map<String, List<ViewPart>> parts;
    try {
      parts = job.run(updates);
    } catch (Exception | StackOverflowError | LinkageError e) {
      if (Failures.of("the views", e) instanceof JobException storage) {
        throw storage;
      }
      updates.forEach(view -> alone(job, view));
      return;
    }
    results.drift(job.drift());
    // What others refer to comes first.
    Map<Boolean, List<ViewUpdate>> stages =
        updates.stream().collect(Collectors.partitioningBy(view -> isReferredTo(view.type())));
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

  /** Something about one of the views ended all of them: each by itself, and at last anew. */
  private void alone(ViewWork job, ViewUpdate view) {
    for (ViewUpdate attempt :
        view.from().isPresent() ? List.of(view, view.anew()) : List.of(view)) {
      try {
        commit(attempt, job.run(List.of(attempt)).get(view.plan().name()));
        results.drift(job.drift());
        return;
      } catch (Exception | StackOverflowError | LinkageError e) {
        if (attempt.from().isEmpty()) {
          fail(view.type(), view.plan(), Failures.of("view " + view.plan().name(), e));
        }
      }
    }
  }

  private void commit(ViewUpdate view, List<ViewPart> parts) {
    ViewState state = view.commit(parts, silver, settings.vectors(), signature);
    results.done(view.type(), view.plan(), state);
    results.checked(view.type(), view.plan(), state, silver);
  }

  private void fail(String type, ViewPlan plan, RuntimeException failure) {
    if (failure instanceof ViewUpdate.ViewRefused refused) {
      results.failed(type, plan.name(), refused.getMessage());
      return;
    }
    RuntimeException told = Failures.of("view " + plan.name(), failure);
    if (told instanceof JobException known
        && known.exitCode() == io.epicfhir.common.ExitCode.STORAGE) {
      throw known;
    }
    results.failed(
        type,
        plan.name(),
        told instanceof JobException known
            ? known.getMessage()
            : "View "
                + plan.name()
                + " keeps its last good rows: it failed with "
                + root(failure).getClass().getName()
                + "; see the task's log");
    results.trace(plan.name(), failure);
  }

  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root;
  }
}
