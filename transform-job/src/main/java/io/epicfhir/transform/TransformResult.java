package io.epicfhir.transform;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.common.report.RunReport;
import io.epicfhir.transform.silver.NotedCounts;
import io.epicfhir.transform.silver.SilverCounts;
import io.epicfhir.transform.silver.SilverProblems;
import io.epicfhir.transform.silver.SilverResult;
import io.epicfhir.transform.silver.SilverState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a run did.
 *
 * @param silver to silver
 * @param views to the views
 * @param catalog the views' definitions, with those that cannot be used
 * @param unknownViews tables of views that are no longer defined
 * @param joined to lookups and joined tables
 * @param optedOut rows of erased patients that it took out of bronze before
 */
record TransformResult(
    SilverResult silver,
    ViewResults views,
    ViewCatalog.Read catalog,
    List<String> unknownViews,
    JoinedStep.Result joined,
    long optedOut) {

  /** Why the run is red although it went on to its end; a sentence each. */
  List<String> problems() {
    List<String> problems = new ArrayList<>(silver.problems().sentences());
    problems.addAll(views.failed().values());
    catalog.problems().forEach(problem -> problems.add(problem.message()));
    problems.addAll(joined.problems());
    return problems;
  }

  /** Writes it all into the run report. */
  void record(JobContext context) {
    RunRecorder recorder = context.recorder();
    LakePaths paths = context.lake().paths();
    silver.problems().notes().forEach(recorder::note);
    if (optedOut > 0) {
      recorder.note(
          "Bronze had "
              + optedOut
              + " rows of erased patients, for example from a backup; they were deleted before"
              + " silver was updated.");
    }
    views.notes().forEach(recorder::note);
    silver.counts().forEach((type, counts) -> recordCounts(type, counts, recorder));
    recordNotes(recorder);
    recorder.result("exports", silver.exports());
    recorder.result("silver", silver(recorder, paths));
    recorder.result("views", views(recorder, paths));
    recordProblems(recorder);
    joined.record(context);
    views.drift().forEach((type, drift) -> recorder.note(drift(type, drift)));
    views
        .changed()
        .forEach((view, why) -> recorder.note("View " + view + " was rebuilt: " + why + "."));
    for (String view : unknownViews) {
      recorder.note(UndefinedTable.note("View " + view, paths.view(view), catalog.unread()));
    }
  }

  private void recordProblems(RunRecorder recorder) {
    SilverProblems problems = silver.problems();
    problems.damagedExports().stream()
        .findFirst()
        .ifPresent(export -> recorder.result("damaged_export", export));
    if (!problems.changedTypes().isEmpty()) {
      recorder.result("changed_types", List.copyOf(problems.changedTypes()));
    }
    if (!problems.heldBack().isEmpty()) {
      recorder.result("held_deletions", problems.heldBack());
    }
    if (problems.quarantined() > 0) {
      recorder.result("quarantined_deletions", problems.quarantined());
      recorder.result("quarantine", String.join(", ", problems.quarantine()));
    }
    Map<String, String> refused = new TreeMap<>(views.failed());
    catalog.problems().forEach(problem -> refused.put(problem.name(), problem.message()));
    if (!refused.isEmpty()) {
      recorder.result("refused_views", refused);
    }
  }

  /** What belongs to an erased patient by now; bronze and PostgreSQL may still have it. */
  private static void recordKeptOut(Map<String, NotedCounts> all, RunRecorder recorder) {
    Map<String, Long> known = new TreeMap<>();
    all.forEach((type, counts) -> known.put(type, counts.keptOut()));
    known.values().removeIf(n -> n == 0);
    if (!known.isEmpty()) {
      recorder.result("kept_out_known", known);
      recorder.note(
          "By now these resources belong to patients who were erased, and are no longer in the"
              + " tables: "
              + known
              + ". Run epic_fhir_erase again with the same list of patients: it removes their older"
              + " versions from bronze, old versions of tables, and PostgreSQL.");
    }
  }

  private void recordCounts(String type, SilverCounts counts, RunRecorder recorder) {
    recorder.resources(
        type,
        new RunReport.Resources(counts.received(), counts.changed(), 0L, counts.deleted(), null));
  }

  /** What this try counted, and earlier ones of the run, whose exports are applied by now. */
  private void recordNotes(RunRecorder recorder) {
    Map<String, NotedCounts> all = new TreeMap<>(silver.earlier());
    silver.counts().forEach((type, one) -> all.merge(type, NotedCounts.of(one), NotedCounts::plus));
    all.forEach((type, counts) -> recordNotes(type, counts, recorder));
    recordNewcomers(all.getOrDefault("Patient", NotedCounts.NONE), recorder);
    recordKeptOut(all, recorder);
  }

  private static void recordNotes(String type, NotedCounts counts, RunRecorder recorder) {
    if (counts.parts() > 0) {
      recorder.note(
          counts.parts()
              + " resources of "
              + type
              + " are incomplete (tag SUBSETTED), so they do not replace complete resources. Request"
              + " them without _elements or _summary.");
    }
    if (counts.capped() > 0) {
      recorder.note(
          counts.capped()
              + " resources of "
              + type
              + " have a meta.lastUpdated later than their export; they are ordered by the"
              + " export's time. Check the server's clock.");
    }
  }

  /** A patient who joins a group later comes with what changed since the export before. */
  private static void recordNewcomers(NotedCounts patients, RunRecorder recorder) {
    if (patients.newcomers() > 0) {
      recorder.result("newcomers", patients.newcomers());
      recorder.note(
          patients.newcomers()
              + " patients are new and came with an incremental export, so their earlier records"
              + " may be missing. Rerun from kick_off with bulk.mode = full to fetch them.");
    }
  }

  private Map<String, Object> silver(RunRecorder recorder, LakePaths paths) {
    Map<String, Object> told = new TreeMap<>();
    SilverState state = silver.state();
    long rows = 0;
    long bytes = 0;
    for (Map.Entry<String, SilverState.TypeState> type : state.types().entrySet()) {
      SilverState.TypeState of = type.getValue();
      rows += of.rowsLive();
      bytes += of.bytes();
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("delta_version", state.deltaVersion());
      answer.put("rows_live", of.rowsLive());
      answer.put("tombstones", of.tombstones());
      answer.put("path", paths.silver().toString());
      SilverCounts counts = silver.counts().get(type.getKey());
      if (counts != null) {
        answer.put("read", counts.sighted());
        answer.put("distinct", counts.ids());
        answer.put("present", counts.weighed());
        answer.put("released", counts.released());
      }
      told.put(type.getKey(), answer);
    }
    if (state.deltaVersion() >= 0) {
      recorder.output("silver", paths.silver().toString(), rows, bytes);
    }
    return told;
  }

  private Map<String, Object> views(RunRecorder recorder, LakePaths paths) {
    Map<String, Object> told = new TreeMap<>();
    views
        .done()
        .forEach(
            (name, view) -> {
              ViewState state = view.state();
              String path = paths.view(name).toString();
              recorder.output("views/" + name, path, state.rows(), state.bytes());
              long live = silver.state().of(view.type()).rowsLive();
              Long through = view.plan().letsAllThrough() ? (Long) live : state.letThrough();
              Map<String, Object> answer = new LinkedHashMap<>();
              answer.put("resource", view.type());
              answer.put("delta_version", state.deltaVersion());
              answer.put("rows", state.rows());
              answer.put("path", path);
              answer.put("silver_resources", live);
              answer.put("let_through", through);
              if (view.plan().onlyLabelsMissing() && through != null) {
                answer.put("withheld", live - through);
              }
              answer.put("resources", state.resources());
              answer.put("left_out", state.leftOut());
              told.put(name, answer);
            });
    return told;
  }

  private static String drift(String type, Map<String, Long> drift) {
    return type
        + " has content that is not valid FHIR R4. Views treat it as absent; silver keeps it: "
        + drift.entrySet().stream()
            .map(e -> e.getKey() + " (" + e.getValue() + " times)")
            .collect(Collectors.joining(", "));
  }
}
