package io.epicfhir.transform;

import io.epicfhir.common.LakePaths;
import io.epicfhir.common.RunRecorder;
import io.epicfhir.common.RunReport;
import io.epicfhir.transform.SilverChanges.Counts;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a run did.
 *
 * @param exports the exports that were applied
 * @param types every type that has a silver table or a view
 * @param unknownViews tables of views that are no longer defined
 */
record TransformResult(List<String> exports, List<TypeResult> types, List<String> unknownViews) {

  /** Writes it all into the run report. */
  void record(RunRecorder recorder, LakePaths paths) {
    Map<String, Object> silver = new TreeMap<>();
    Map<String, Object> views = new TreeMap<>();
    for (TypeResult type : types) {
      recordSilver(type, recorder, paths, silver);
      type.views()
          .forEach((name, view) -> views.put(name, view(type.type(), name, view, paths, recorder)));
    }
    types.forEach(
        type -> type.counts().ifPresent(counts -> noteParts(type.type(), counts, recorder)));
    types.forEach(type -> noteDrift(type, recorder));
    types.forEach(type -> noteChangedViews(type, recorder));
    recorder.result("exports", exports);
    recorder.result("silver", silver);
    recorder.result("views", views);
    for (String view : unknownViews) {
      recorder.note(
          "View "
              + view
              + " has a table but no definition any more; its table stays as it is. Delete "
              + paths.view(view)
              + " when nobody needs it.");
    }
  }

  private static void recordSilver(
      TypeResult type, RunRecorder recorder, LakePaths paths, Map<String, Object> silver) {
    type.counts().ifPresent(counts -> recorder.resources(type.type(), resources(type, counts)));
    type.silver()
        .ifPresent(
            state -> {
              String path = paths.silver(type.type()).toString();
              recorder.output("silver/" + type.type(), path, state.rowsLive(), state.bytes());
              Map<String, Object> answer = new LinkedHashMap<>();
              answer.put("delta_version", state.deltaVersion());
              answer.put("rows_live", state.rowsLive());
              answer.put("tombstones", state.tombstones());
              answer.put("path", path);
              type.counts()
                  .ifPresent(
                      counts -> {
                        answer.put("distinct", counts.ids());
                        answer.put("present", counts.weighed());
                      });
              silver.put(type.type(), answer);
            });
  }

  private static void noteParts(String type, Counts counts, RunRecorder recorder) {
    if (counts.parts() > 0) {
      recorder.note(
          counts.parts()
              + " resources of "
              + type
              + " came as parts only (tag SUBSETTED); a part replaces no whole resource. Ask for"
              + " them without _elements or _summary.");
    }
  }

  private static void noteDrift(TypeResult type, RunRecorder recorder) {
    if (!type.drift().isEmpty()) {
      recorder.note(
          type.type()
              + " has what FHIR R4 does not say; it reads as absent in views and stays in silver: "
              + type.drift().entrySet().stream()
                  .map(e -> e.getKey() + " (" + e.getValue() + " times)")
                  .collect(Collectors.joining(", ")));
    }
  }

  private static void noteChangedViews(TypeResult type, RunRecorder recorder) {
    type.changedViews()
        .forEach(
            (view, told) ->
                recorder.note("View " + view + " is made anew of silver: " + told + "."));
  }

  private static RunReport.Resources resources(TypeResult type, Counts counts) {
    return new RunReport.Resources(
        type.landedRows(), counts.changed(), 0L, counts.deleted(), type.millis());
  }

  private static Map<String, Object> view(
      String type, String name, ViewTable.State view, LakePaths paths, RunRecorder recorder) {
    String path = paths.view(name).toString();
    recorder.output("views/" + name, path, view.rows(), view.bytes());
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("resource", type);
    answer.put("delta_version", view.deltaVersion());
    answer.put("rows", view.rows());
    answer.put("path", path);
    return answer;
  }
}
