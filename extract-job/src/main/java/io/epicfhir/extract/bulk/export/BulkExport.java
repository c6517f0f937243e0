package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.bulk.ledger.ExportRequest;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.answer.Answers;
import io.epicfhir.extract.source.answer.MaybeDone;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * The requests of a bulk export. Standard: HL7 Bulk Data Access 2.0, "Bulk Data Export Operation".
 */
public final class BulkExport {
  private static final String FHIR = "application/fhir+json";

  private final SourceSettings settings;
  private final SourceClient client;
  private final Traffic traffic;

  public BulkExport(SourceSettings settings, SourceClient client, Traffic traffic) {
    this.settings = settings;
    this.client = client;
    this.traffic = traffic;
  }

  /**
   * A server's answer to a kick-off.
   *
   * @param statusUrl where to ask for the export
   * @param serverTime the answer's Date; null where it had none
   */
  record Promise(URI statusUrl, Instant serverTime) {}

  /**
   * Asks for the export of a group; sends the request once.
   *
   * @param fresh whether an export that the server still has from an earlier request must not be
   *     given again
   * @return where the export will be
   * @throws MaybeDone where the server may have begun it all the same
   */
  Promise kickOff(ExportRequest asked, BulkSettings form, boolean fresh) {
    URI url =
        URI.create(settings.baseUrl() + "/Group/" + Link.component(asked.group()) + "/$export");
    String what = "start the export of group \"" + asked.group() + "\"";
    Ask ask =
        form.method() == BulkSettings.Method.POST
            ? Ask.post(what, url, FHIR, ExportParameters.body(asked, form.postForm()))
            : Ask.get(what, URI.create(url + "?" + ExportParameters.query(asked)), FHIR);
    Ask async = ask.with("Prefer", "respond-async").once();
    Reply reply = client.send(fresh ? async.with("Cache-Control", "no-cache") : async, traffic);
    String location = reply.header("Content-Location").orElse("");
    // 202 by the standard; who names a place for the export has begun it, whatever 2xx says so.
    if (location.isBlank()) {
      throw unusable(what, reply.status() + " without a Content-Location");
    }
    URI status;
    try {
      status = Link.resolve(url, location);
    } catch (IllegalArgumentException e) {
      throw unusable(what, "an unreadable Content-Location");
    }
    if (!client.atHome(status)) {
      throw orphaned(what, status, reply);
    }
    return new Promise(status, reply.date().orElse(null));
  }

  /** The group's own resource, which lists its members. */
  Reply group(String group) throws IOException, PassingFailure {
    URI url = URI.create(settings.baseUrl() + "/Group/" + Link.component(group));
    return client.sendOnce(Ask.get("read group \"" + group + "\"", url, FHIR), traffic);
  }

  /** Asks once how the export stands: 202, or 200 with the manifest. */
  public Reply status(URI statusUrl) throws IOException, PassingFailure {
    return client.sendOnce(
        Ask.get("ask for the export's status", statusUrl, "application/json"), traffic);
  }

  /** A further page of the manifest. */
  Reply manifestPage(URI url) throws IOException, PassingFailure {
    return client.sendOnce(
        Ask.get("read a page of the export's manifest", url, "application/json"), traffic);
  }

  /** A request's address, for messages. */
  String at(URI url) {
    return Ask.get("", url, "").under(settings.baseUrl()).at();
  }

  /**
   * Asks the server to delete the export; one that has gone is fine. Many servers let nobody delete
   * an export, so nothing depends on it.
   *
   * @return why the export stays at the server; empty where it does not
   */
  public Optional<String> letGo(URI statusUrl) {
    try {
      client.send(Ask.delete("delete the export at the server", statusUrl), traffic);
      return Optional.empty();
    } catch (JobException e) {
      return ServerRefusal.gone(e) ? Optional.empty() : Optional.of(e.getMessage());
    }
  }

  /** The token must not go there, so the export can neither be followed nor cancelled. */
  private static JobException orphaned(String what, URI status, Reply reply) {
    return new MaybeDone(
        ExitCode.REFUSED,
        "Cannot "
            + what
            + ": the server has started the export, and its Content-Location points to "
            + status.getScheme()
            + "://"
            + status.getAuthority()
            + ", an origin other than source.base-url. The export stays at the server: ask its"
            + " operator to delete it, and to set the server's own base address to source.base-url"
            + " (behind a proxy, X-Forwarded-Proto and X-Forwarded-Host)"
            + Answers.requestId(reply),
        null);
  }

  private static JobException unusable(String what, String answer) {
    return new MaybeDone(
        ExitCode.REFUSED,
        "Cannot "
            + what
            + ": the server answered "
            + answer
            + "; check that it offers Bulk Data export at source.base-url",
        null);
  }
}
