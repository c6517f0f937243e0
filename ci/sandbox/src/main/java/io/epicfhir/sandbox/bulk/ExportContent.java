package io.epicfhir.sandbox.bulk;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.faults.BulkFault;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.lines.StoredLine;
import io.epicfhir.sandbox.store.Generation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files of one export, cut from a generation of the store at kick-off. */
record ExportContent(List<ExportFile> output, List<ExportFile> deleted, List<ExportFile> error) {
  private static final int DELETES_A_BUNDLE = 100;

  static ExportContent of(
      Generation generation, ExportSelection selection, ExportOptions options, FaultPlan faults) {
    List<ExportFile> output = new ArrayList<>();
    List<ExportFile> error = new ArrayList<>();
    generation.byType().keySet().stream()
        .filter(selection::takes)
        .forEach(
            type -> {
              List<BulkFault.OnExport> planned = faults.onExport(type);
              output.addAll(files(type, selection.lines(generation, type), planned, options));
              error.addAll(errors(type, planned));
            });
    if (selection.takes("Condition") && options.behaves(Behaviour.CONDITION_ACCESS_ERRORS)) {
      error.add(conditionErrors());
    }
    List<ExportFile> deleted =
        options.behaves(Behaviour.DELETIONS_UNTOLD)
            ? List.of()
            : deletions(selection.deletions(generation));
    return new ExportContent(output, deleted, error);
  }

  Optional<ExportFile> file(String name) {
    return java.util.stream.Stream.of(output, deleted, error)
        .flatMap(List::stream)
        .filter(file -> file.name().equals(name))
        .findFirst();
  }

  private static List<ExportFile> files(
      String type,
      List<StoredLine> lines,
      List<BulkFault.OnExport> planned,
      ExportOptions options) {
    List<ExportFile> files = new ArrayList<>();
    ExportFile.Builder file = new ExportFile.Builder();
    int countOff = 0;
    for (BulkFault.OnExport fault : planned) {
      if (fault instanceof BulkFault.ExtraLine extra) {
        file.add(extra.line().getBytes(StandardCharsets.UTF_8));
      } else if (fault instanceof BulkFault.LongLine line) {
        file.add(line.pieces(type));
      } else if (fault instanceof BulkFault.WrongCount wrong) {
        countOff += wrong.by();
      }
    }
    for (StoredLine line : lines) {
      if (file.full(line.length() + 1L, options)) {
        files.add(file.build(type, files.size() + 1, files.isEmpty() ? countOff : 0));
        file = new ExportFile.Builder();
      }
      file.add(line);
    }
    if (!file.isEmpty()) {
      files.add(file.build(type, files.size() + 1, files.isEmpty() ? countOff : 0));
    }
    return files;
  }

  private static List<ExportFile> errors(String type, List<BulkFault.OnExport> planned) {
    List<ExportFile> files = new ArrayList<>();
    for (BulkFault.OnExport fault : planned) {
      if (fault instanceof BulkFault.ErrorFile error) {
        ExportFile.Builder file = new ExportFile.Builder();
        file.add(
            Json.bytes(Outcomes.outcome(error.severity(), error.code(), "", error.diagnostics())));
        ExportFile built = file.build(type, files.size() + 1, 0);
        files.add(
            new ExportFile(
                "OperationOutcome-" + built.name(), "OperationOutcome", built.pieces(), 1));
      }
    }
    return files;
  }

  /** The kinds of conditions that a client is seldom registered for. */
  private static ExportFile conditionErrors() {
    ExportFile.Builder file = new ExportFile.Builder();
    for (String kind : List.of("Genomics", "Infection", "Dental Finding")) {
      String text = "The client is not authorized for Condition.Search (" + kind + ") (R4).";
      ObjectNode outcome = Outcomes.outcome("error", "forbidden", "59204", text);
      ((ObjectNode) outcome.path("issue").path(0)).putArray("expression").add("Condition");
      file.add(Json.bytes(outcome));
    }
    ExportFile built = file.build("Condition-access", 1, 0);
    return new ExportFile(
        "OperationOutcome-" + built.name(), "OperationOutcome", built.pieces(), built.count());
  }

  private static List<ExportFile> deletions(List<Generation.Deletion> deletions) {
    ExportFile.Builder file = new ExportFile.Builder();
    for (int i = 0; i < deletions.size(); i += DELETES_A_BUNDLE) {
      ObjectNode bundle = Json.object().put("resourceType", "Bundle").put("type", "transaction");
      ArrayNode entries = bundle.putArray("entry");
      deletions
          .subList(i, Math.min(i + DELETES_A_BUNDLE, deletions.size()))
          .forEach(
              deletion ->
                  entries
                      .addObject()
                      .putObject("request")
                      .put("method", "DELETE")
                      .put("url", deletion.type() + "/" + deletion.id()));
      file.add(Json.bytes(bundle));
    }
    return file.isEmpty() ? List.of() : List.of(file.build("Bundle", 1, 0));
  }
}
