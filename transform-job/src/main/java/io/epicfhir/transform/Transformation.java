package io.epicfhir.transform;

import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.erase.KeptOutCharts;
import io.epicfhir.transform.erase.OptedOutRows;
import io.epicfhir.transform.silver.Silver;
import io.epicfhir.transform.silver.SilverResult;
import io.epicfhir.transform.silver.SilverSettings;
import io.epicfhir.transform.silver.SilverState;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.SparkSession;

/** Bronze to silver to views to joined tables, once; the caller holds the lock of the tables. */
final class Transformation {
  /** Who writes silver or views holds it. */
  static final String LOCK = "silver";

  private final Supplier<SparkSession> spark;
  private final Lake lake;
  private final TransformSettings settings;
  private final Supplier<ViewCatalog.Read> views;
  private final SqlCatalog joined;
  private final String signature;

  /**
   * Of one lake.
   *
   * @param spark asked only where there is more to do than this process does by itself
   * @param views asked when silver is up to date, or before that where a rebuild is asked for
   * @param joined the SQLViews
   * @param signature of the commits
   */
  Transformation(
      Supplier<SparkSession> spark,
      Lake lake,
      TransformSettings settings,
      Supplier<ViewCatalog.Read> views,
      SqlCatalog joined,
      String signature) {
    this.spark = spark;
    this.lake = lake;
    this.settings = settings;
    this.views = views;
    this.joined = joined;
    this.signature = signature;
  }

  /**
   * Applies what is pending, and what is asked for.
   *
   * @param runKey the logical run, for the marks
   */
  TransformResult run(RebuildRequest request, String runKey) {
    Silver silver = silver();
    if (!request.equals(RebuildRequest.NOTHING)) {
      ViewCatalog.Read known = views.get();
      List<String> tables = viewNames(known);
      joined.views().forEach(view -> tables.add(view.name()));
      request.check(silver.knownTypes(), known.views().keySet(), tables);
    }
    KeptOutCharts.Result charts =
        new KeptOutCharts(lake).complete(spark, silver.pending(request.exports()), request.types());
    Silver.Request asked =
        new Silver.Request(
            request.exports(),
            request.types(),
            request.acceptedDeletions(),
            charts.waiting(),
            runKey);
    long optedOut = new OptedOutRows(lake).remove();
    // Bronze is another one then.
    SilverResult done =
        (optedOut == 0 && !charts.changed() ? silver : silver()).bringUpToDate(asked);
    SilverState state = done.state();
    ViewCatalog.Read catalog = views.get();
    Set<String> anew = new TreeSet<>(request.views());
    catalog
        .views()
        .forEach(
            (type, ofType) -> {
              if (done.rebuilt().contains(type)) {
                ofType.views().forEach(view -> anew.add(view.name()));
              }
            });
    ViewResults results =
        new ViewTables(spark, lake, settings, catalog, state, signature)
            .bringUpToDate(anew, done.problems().changedTypes());
    JoinedStep.Result step =
        new JoinedStep(spark, lake, settings, catalog, results).run(joined, request.views());
    return new TransformResult(done, results, catalog, unknownViews(catalog), step, optedOut);
  }

  private Silver silver() {
    return new Silver(
        lake,
        spark,
        new SilverSettings(settings.vectors(), settings.bound(), settings.inProcessBelow()),
        signature);
  }

  private static List<String> viewNames(ViewCatalog.Read catalog) {
    List<String> names = new ArrayList<>();
    catalog.views().values().forEach(type -> type.views().forEach(view -> names.add(view.name())));
    return names;
  }

  /** Tables of views that have no definition any more. */
  private List<String> unknownViews(ViewCatalog.Read catalog) {
    Set<String> defined = new TreeSet<>(viewNames(catalog));
    catalog.problems().forEach(problem -> defined.add(problem.name()));
    return lake.list(lake.paths().at("views")).stream()
        .filter(FileStatus::isDirectory)
        .map(folder -> folder.getPath().getName())
        .filter(name -> !defined.contains(name))
        .filter(name -> TableLog.of(lake, lake.paths().view(name)).version().isPresent())
        .toList();
  }
}
