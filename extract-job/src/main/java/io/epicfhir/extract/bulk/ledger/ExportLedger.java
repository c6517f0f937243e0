package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.extract.crawl.references.HydrationCounts;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * What is durably known of one export: {@code state/exports/<export id>/}. Each file is replaced in
 * one step.
 */
public final class ExportLedger {
  private final Lake lake;
  private final String exportId;

  /** Written before the request, so that an answer that got lost is noticed. */
  public record Intent(String exportId, String runKey, ExportRequest asked, Instant askedAt)
      implements StateFile {}

  /**
   * The server's promise.
   *
   * @param startedAt by this machine's clock
   * @param statusUrl where to ask for the export and where to delete it
   * @param serverTime the Date of the server's answer; null where it had none
   */
  public record Started(
      String exportId,
      String runKey,
      ExportRequest asked,
      Instant startedAt,
      String statusUrl,
      Instant serverTime)
      implements StateFile {}

  /**
   * Why what the server gave cannot be used. No kick-off adopts the export any more; its own tasks
   * may judge it anew.
   *
   * @param judged whether it came in whole and was judged by the settings of then
   */
  public record Refused(Instant at, String why, boolean judged) implements StateFile {}

  /**
   * The members of the group when it was asked for.
   *
   * @param members digests of the patients' ids; null if the server does not list them
   * @param newcomers how many of them no earlier export had
   */
  public record Members(List<String> members, int newcomers) implements StateFile {}

  /**
   * How the waiting stands.
   *
   * @param notBefore when the server may be asked next
   * @param progress the server's words
   * @param failures status requests in a row that got no usable answer
   */
  public record Waiting(Instant checkedAt, Instant notBefore, String progress, int failures)
      implements StateFile {}

  /**
   * What is left to do after the landing.
   *
   * @param deletedAtServer whether the server was asked to delete the export
   */
  public record Landed(Instant landedAt, boolean deletedAtServer) implements StateFile {}

  public ExportLedger(Lake lake, String exportId) {
    this.lake = lake;
    this.exportId = exportId;
  }

  /** The export's id. */
  public String exportId() {
    return exportId;
  }

  public void intend(Intent intent) {
    lake.write(file("intent.json"), Json.write(intent));
  }

  /** The server has not begun what was intended. */
  public void forgetIntent() {
    lake.delete(file("intent.json"));
  }

  public Optional<Intent> intent() {
    return read("intent.json", Intent.class);
  }

  public void start(Started started) {
    new GivenUp(lake, exportId).forget();
    lake.write(file("kick-off.json"), Json.write(started));
  }

  public Optional<Started> started() {
    return read("kick-off.json", Started.class);
  }

  /** The kick-off's record, which the tasks after it cannot do without. */
  public Started requireStarted() {
    return started().orElseThrow(() -> new GivenUp(lake, exportId).failure());
  }

  public void waiting(Waiting waiting) {
    lake.write(file("waiting.json"), Json.write(waiting));
  }

  public Optional<Waiting> waiting() {
    return read("waiting.json", Waiting.class);
  }

  /** A manifest as the server sent it, page by page. */
  record Pages(List<String> pages) implements StateFile {}

  /** Keeps the manifest as the server sent it, page by page. */
  public void manifest(List<String> pages) {
    lake.write(file("manifest.json"), Json.write(new Pages(pages)));
  }

  /** Keeps a manifest that cannot be used, for a person to look at. */
  public void refusedManifest(String verbatim) {
    lake.write(file("manifest-refused.json"), verbatim);
  }

  /** The manifest's pages, where the export is complete. */
  public Optional<List<String>> manifest() {
    return read("manifest.json", Pages.class).map(Pages::pages);
  }

  /** The manifest's links no longer lead anywhere: the next status check asks for it again. */
  public void forgetManifest() {
    lake.delete(file("manifest.json"));
  }

  /** What came is refused: a rerun from the kick-off, and any later run, asks for a new export. */
  public void refuse(Refused refused) {
    lake.write(file("refused.json"), Json.write(refused));
  }

  /** Why the export is refused; empty where it is not. */
  public Optional<Refused> refusal() {
    return read("refused.json", Refused.class);
  }

  /** It was looked at anew, and can be used. */
  public void forgetRefusal() {
    lake.delete(file("refused.json"));
  }

  public void members(Members members) {
    lake.write(file("members.json"), Json.write(members));
  }

  public Optional<Members> members() {
    return read("members.json", Members.class);
  }

  /** What was fetched by the export's references; stays when it has landed. */
  public void references(HydrationCounts counts) {
    lake.write(file("references.json"), Json.write(counts));
  }

  /** What was fetched by the export's references; empty where nothing was to be. */
  public Optional<HydrationCounts> references() {
    return read("references.json", HydrationCounts.class);
  }

  /** Keeps what the export says by what it does not hold; stays when it has landed. */
  public void completeness(Completeness completeness) {
    lake.write(file("completeness.json"), Json.write(completeness));
  }

  /** What the export says by what it does not hold; empty where that is not known. */
  public Optional<Completeness> completeness() {
    return read("completeness.json", Completeness.class);
  }

  public void landed(Landed landed) {
    lake.write(file("landed.json"), Json.write(landed));
  }

  /** The landing no longer holds, and what was planned for it must not be shown again. */
  public void forgetLanded() {
    lake.delete(publicationPlan());
    lake.delete(file("landed.json"));
  }

  public Optional<Landed> landed() {
    return read("landed.json", Landed.class);
  }

  /** The same, and why: the tasks that need the export say it. */
  public void giveUp(Instant when, String why) {
    new GivenUp(lake, exportId).note(when, why);
    giveUp(when);
  }

  /** The export is no more: a rerun from the kick-off asks for a new one. The record stays. */
  public void giveUp(Instant when) {
    forgetManifest();
    lake.delete(file("waiting.json"));
    forgetIntent();
    lake.delete(publicationPlan());
    lake.delete(staging());
    forgetRefusal();
    lake.move(file("kick-off.json"), file("given-up-" + when.toEpochMilli() + ".json"));
  }

  /** How often this run has had to ask for the export again because its links had expired. */
  public int renewals() {
    return read("renewals.json", Integer.class).orElse(0);
  }

  /** One more renewal. */
  public void renewed() {
    lake.write(file("renewals.json"), Json.write(renewals() + 1));
  }

  /** A new request by a person's word may be renewed again. */
  public void forgetRenewals() {
    lake.delete(file("renewals.json"));
  }

  /** What is to be brought into bronze, from the decision on until it shows. */
  public Path publicationPlan() {
    return file("publication.json");
  }

  /** Where files lie before they are counted. */
  public Path staging() {
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
