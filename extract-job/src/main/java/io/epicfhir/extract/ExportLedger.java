package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * What is durably known of one export: {@code state/exports/<export id>/}. Each file is replaced in
 * one step.
 */
final class ExportLedger {
  private final Lake lake;
  private final String exportId;

  /**
   * What is asked for; written before the request, so that an answer that got lost is noticed.
   *
   * @param since only what changed after it; null for all
   */
  record Intent(
      String exportId,
      String runKey,
      String group,
      Instant since,
      List<String> types,
      Instant askedAt) {}

  /**
   * The server's promise.
   *
   * @param statusUrl where to ask for the export and where to delete it
   */
  record Started(
      String exportId,
      String runKey,
      String group,
      Instant since,
      List<String> types,
      Instant startedAt,
      String statusUrl) {}

  /**
   * How the waiting stands.
   *
   * @param notBefore when the server may be asked next
   * @param progress the server's words
   * @param failures status requests in a row that got no usable answer
   */
  record Waiting(Instant checkedAt, Instant notBefore, String progress, int failures) {}

  /**
   * What is left to do after the landing.
   *
   * @param deletedAtServer whether the server was told that the export may go
   */
  record Landed(Instant landedAt, boolean deletedAtServer) {}

  ExportLedger(Lake lake, String exportId) {
    this.lake = lake;
    this.exportId = exportId;
  }

  void intend(Intent intent) {
    lake.write(file("intent.json"), Json.write(intent));
  }

  Optional<Intent> intent() {
    return read("intent.json", Intent.class);
  }

  void start(Started started) {
    lake.write(file("kick-off.json"), Json.write(started));
  }

  Optional<Started> started() {
    return read("kick-off.json", Started.class);
  }

  /** The kick-off's record, which the tasks after it cannot do without. */
  Started requireStarted() {
    return started()
        .orElseThrow(
            () ->
                new JobException(
                    ExitCode.SETTINGS,
                    "Cannot work on export "
                        + exportId
                        + ": it was not kicked off, or was given up; rerun from the kick-off"));
  }

  void waiting(Waiting waiting) {
    lake.write(file("waiting.json"), Json.write(waiting));
  }

  Optional<Waiting> waiting() {
    return read("waiting.json", Waiting.class);
  }

  /** Keeps the manifest as the server sent it. */
  void manifest(String verbatim) {
    lake.write(file("manifest.json"), verbatim);
  }

  /** Keeps a manifest that cannot be used, for a person to look at. */
  void refusedManifest(String verbatim) {
    lake.write(file("manifest-refused.json"), verbatim);
  }

  Optional<String> manifest() {
    return lake.read(file("manifest.json"));
  }

  /** The manifest's links no longer lead anywhere: the next status check asks for it again. */
  void forgetManifest() {
    lake.delete(file("manifest.json"));
  }

  void landed(Landed landed) {
    lake.write(file("landed.json"), Json.write(landed));
  }

  Optional<Landed> landed() {
    return read("landed.json", Landed.class);
  }

  /** The export is no more: a rerun from the kick-off asks for a new one. The record stays. */
  void giveUp(Instant when) {
    forgetManifest();
    lake.delete(file("waiting.json"));
    lake.delete(file("intent.json"));
    lake.move(file("kick-off.json"), file("given-up-" + when.toEpochMilli() + ".json"));
  }

  /** Where files lie before they are counted. */
  Path staging() {
    return file("staging");
  }

  private <T> Optional<T> read(String name, Class<T> type) {
    Path file = file(name);
    return lake.read(file).map(text -> Json.read(text, type, file.toString()));
  }

  private Path file(String name) {
    return lake.paths().state("exports/" + exportId + "/" + name);
  }
}
