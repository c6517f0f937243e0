package io.epicfhir.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.transform.joined.JoinedLimits;
import io.epicfhir.transform.joined.JoinedResults;
import io.epicfhir.transform.joined.JoinedTables;
import io.epicfhir.transform.joined.Source;
import io.epicfhir.transform.lookups.LookupResults;
import io.epicfhir.transform.lookups.LookupState;
import io.epicfhir.transform.lookups.Lookups;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import io.epicfhir.transform.sqlviews.SqlView.Kind;
import io.epicfhir.transform.sqlviews.TableOrder;
import io.epicfhir.transform.views.CompiledView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.SparkSession;

/** Lookups and joined tables, after the views. */
final class JoinedStep {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Supplier<SparkSession> spark;
  private final Lake lake;
  private final TransformSettings settings;
  private final ViewCatalog.Read catalog;
  private final ViewResults views;

  JoinedStep(
      Supplier<SparkSession> spark,
      Lake lake,
      TransformSettings settings,
      ViewCatalog.Read catalog,
      ViewResults views) {
    this.spark = spark;
    this.lake = lake;
    this.settings = settings;
    this.catalog = catalog;
    this.views = views;
  }

  /**
   * What became of them.
   *
   * @param unknown folders of tables that have no definition any more
   * @param unread files that may define joined tables among them
   * @param took of all joined tables, some of which were built at a time
   */
  record Result(
      LookupResults lookups,
      JoinedResults joined,
      List<String> unknown,
      List<String> unread,
      Duration took) {
    List<String> problems() {
      List<String> problems = new ArrayList<>(lookups.failed().values());
      problems.addAll(joined.failed().values());
      return problems;
    }

    void record(JobContext context) {
      RunRecorder recorder = context.recorder();
      LakePaths paths = context.lake().paths();
      recordLookups(recorder, paths);
      recordJoined(recorder, paths);
      recorder.registry().timer("transform.joined").update(took);
      lookups
          .changed()
          .forEach((name, why) -> recorder.note("Lookup " + name + " was rebuilt: " + why + "."));
      joined
          .changed()
          .forEach((name, why) -> recorder.note("Joined table " + name + ": " + why + "."));
      for (String folder : unknown) {
        recorder.note(
            UndefinedTable.note(
                folder, paths.at(folder), folder.startsWith("joined/") ? unread : List.of()));
      }
    }

    private void recordLookups(RunRecorder recorder, LakePaths paths) {
      Map<String, Object> told = new TreeMap<>();
      lookups
          .done()
          .forEach(
              (name, done) -> {
                LookupState state = done.state();
                String path = paths.lookup(name).toString();
                recorder.output("lookups/" + name, path, state.rows(), state.bytes());
                Map<String, Object> answer = new LinkedHashMap<>();
                answer.put("rows", state.rows());
                answer.put("rebuilt", done.rebuilt());
                answer.put("version", state.deltaVersion());
                answer.put("path", path);
                told.put(name, answer);
              });
      recorder.result("lookups", told);
      if (!lookups.failed().isEmpty()) {
        recorder.result("refused_lookups", lookups.failed());
      }
    }

    private void recordJoined(RunRecorder recorder, LakePaths paths) {
      Map<String, Object> told = new TreeMap<>();
      joined
          .done()
          .forEach(
              (name, done) -> {
                String path = paths.joined(name).toString();
                recorder.output("joined/" + name, path, done.state().rows(), done.state().bytes());
                Map<String, Object> answer = new LinkedHashMap<>();
                answer.put("rows", done.state().rows());
                answer.put("built", done.built().name().toLowerCase(Locale.ROOT));
                answer.put("touched", done.touched());
                answer.put("changed", done.changed());
                answer.put("version", done.state().deltaVersion());
                answer.put("seconds", done.seconds());
                answer.put("path", path);
                told.put(name, answer);
              });
      recorder.result("joined", told);
      if (!joined.failed().isEmpty()) {
        recorder.result("refused_joined", joined.failed());
      }
    }
  }

  /**
   * Brings all of them up to date.
   *
   * @param anew names of tables that are built anew; views may be among them
   */
  Result run(SqlCatalog sql, Set<String> anew) {
    LookupResults lookups =
        new Lookups(spark, lake, settings.joined().lookups(), settings.joined().largeLookups())
            .bringUpToDate();
    TableOrder order = TableOrder.of(sql, known(sql, lookups));
    JoinedResults joined = JoinedResults.empty();
    long start = System.nanoTime();
    if (!sql.views().isEmpty() || !sql.problems().isEmpty()) {
      joined =
          new JoinedTables(
                  spark,
                  lake,
                  settings.vectors(),
                  JoinedLimits.of(settings.joined().broadcastThreshold()),
                  current(),
                  lookups)
              .bringUpToDate(sql, order, anew);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    return new Result(lookups, joined, unknown(sql, lookups), sql.unread(), took);
  }

  /** The views that are what silver gives. */
  private Map<String, Source> current() {
    Map<String, Source> current = new TreeMap<>();
    views.done().forEach((name, done) -> current.put(name, source(name, done)));
    current.keySet().removeAll(views.failed().keySet());
    return current;
  }

  private Source source(String view, ViewResults.Done done) {
    Source table =
        Source.of(
            "views/" + view,
            lake.paths().view(view),
            done.state().deltaVersion(),
            done.state().identity(),
            done.state().bytes());
    return SecurityLabels.areMarked(done.plan().schema()) ? table.withMarks() : table;
  }

  private TableOrder.Known known(SqlCatalog sql, LookupResults lookups) {
    Set<String> names = new TreeSet<>();
    catalog.problems().forEach(problem -> names.add(problem.name()));
    Map<String, Set<String>> urls = new TreeMap<>();
    boolean byUrl =
        sql.views().stream()
            .flatMap(view -> view.dependencies().stream())
            .anyMatch(dependency -> dependency.kind() == Kind.CANONICAL);
    for (TypeViews type : catalog.views().values()) {
      type.views().forEach(view -> names.add(view.name()));
      if (byUrl) {
        type.compiled().stream()
            .flatMap(compiled -> compiled.views().stream())
            .map(CompiledView::definition)
            .forEach(view -> add(urls, url(view.json()), view.name()));
      }
    }
    Map<String, Set<String>> lookupUrls = new TreeMap<>();
    Stream.concat(
            lookups.done().values().stream().map(LookupResults.Done::state),
            lookups.lastGood().values().stream())
        .forEach(state -> add(lookupUrls, state.url(), state.lookup()));
    Set<String> lookupNames = new TreeSet<>(lookups.done().keySet());
    lookupNames.addAll(lookups.failed().keySet());
    return new TableOrder.Known(names, lookupNames, urls, lookupUrls, catalog.unread());
  }

  private static void add(Map<String, Set<String>> urls, String url, String name) {
    if (!url.isEmpty()) {
      urls.computeIfAbsent(url, u -> new TreeSet<>()).add(name);
    }
  }

  private static String url(String json) {
    try {
      return JSON.readTree(json).path("url").asText();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read a view that was compiled", e);
    }
  }

  private List<String> unknown(SqlCatalog sql, LookupResults lookups) {
    Set<String> defined = new TreeSet<>();
    sql.views().forEach(view -> defined.add("joined/" + view.name()));
    sql.problems().forEach(problem -> defined.add("joined/" + problem.name()));
    lookups.done().keySet().forEach(name -> defined.add("lookups/" + name));
    lookups.failed().keySet().forEach(name -> defined.add("lookups/" + name));
    return Stream.of("joined", "lookups")
        .flatMap(
            kind ->
                lake.list(lake.paths().at(kind)).stream()
                    .filter(FileStatus::isDirectory)
                    .map(folder -> kind + "/" + folder.getPath().getName()))
        .filter(folder -> !defined.contains(folder))
        .filter(folder -> TableLog.of(lake, lake.paths().at(folder)).version().isPresent())
        .toList();
  }
}
