package io.epicfhir.transform;

import io.epicfhir.common.SideBySide;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.TaskProgress;
import io.epicfhir.transform.silver.SilverRowsOfTypes;
import io.epicfhir.transform.silver.SilverSession;
import io.epicfhir.transform.silver.SilverState;
import io.epicfhir.transform.silver.SilverTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/** Brings the tables of all views up to date with silver: finds those that are behind. */
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
  private final ViewResults results = new ViewResults();
  private final ViewUpdates work;
  private final DocumentLabels documents;
  private final Map<Long, Optional<String>> identities = new ConcurrentHashMap<>();

  ViewTables(
      Supplier<SparkSession> spark,
      Lake lake,
      TransformSettings settings,
      ViewCatalog.Read catalog,
      SilverState silver,
      String signature) {
    this.spark = spark;
    this.lake = lake;
    this.settings = settings;
    this.views = catalog.views();
    this.documents = new DocumentLabels(lake, catalog.labels(), silver);
    this.silver = silver;
    this.work = new ViewUpdates(this::isReferredTo, settings.vectors(), silver, signature, results);
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
            .filter(type -> Collections.disjoint(documents.sources(type), changed))
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
      ViewTable.Found found = table.look(silver, type, this::silverIdentity);
      found.strange().ifPresent(why -> results.changed(plan.name(), why));
      boolean leaveOut = settings.leaveOut().contains(plan.name());
      boolean current =
          found.isCurrent(documents.contentVersion(type))
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
      work.fail(type, plan, e);
      return Optional.empty();
    }
  }

  /** Of one of silver's commits; looked up once, as most views are of the same few. */
  private Optional<String> silverIdentity(long version) {
    return version == silver.deltaVersion()
        ? Optional.of(silver.identity())
        : identities.computeIfAbsent(version, v -> new SilverTable(lake).log().identity(v));
  }

  private void update(List<ViewUpdate> behind) {
    SilverTable table = new SilverTable(lake);
    var snapshot =
        silver.deltaVersion() < 0
            ? Optional.<io.epicfhir.common.delta.TableSnapshot>empty()
            : table.log().snapshot();
    SilverRowsOfTypes rows = new SilverRowsOfTypes(lake, snapshot);
    List<ViewUpdate> updates =
        documents.known(behind.stream().map(view -> bounded(view, rows)).toList());
    Map<String, Long> since = new TreeMap<>();
    updates.forEach(view -> since.merge(view.type(), view.since(), Math::min));
    long read = rows.bytes(since) + documents.bytes(updates, rows);
    String doing = "views of " + String.join(", ", since.keySet());
    if (isSmall(read, updates)) {
      try (TaskProgress progress = new TaskProgress(doing)) {
        work.run(
            new SmallViewJob(lake, rows, views, documents, settings.vectors(), progress), updates);
      }
      return;
    }
    SparkSession session = SilverSession.of(spark.get(), read, 0);
    session.sparkContext().setJobGroup("views", doing, false);
    try (TaskProgress progress = new TaskProgress(session.sparkContext(), doing)) {
      work.run(
          new ViewJob(session, lake, rows, views, documents, settings.vectors(), progress),
          updates);
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
}
