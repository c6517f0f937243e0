package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * The requests of a bulk export. Standard: HL7 Bulk Data Access 2.0, "Bulk Data Export Operation".
 */
final class BulkExport {
  private static final String FHIR = "application/fhir+json";

  private final SourceSettings settings;
  private final SourceClient client;
  private final Traffic traffic;

  BulkExport(SourceSettings settings, SourceClient client, Traffic traffic) {
    this.settings = settings;
    this.client = client;
    this.traffic = traffic;
  }

  /**
   * Asks for the export of a group; sends the request once.
   *
   * @param since only what changed after it; null for all
   * @return the status URL
   */
  URI kickOff(String group, List<String> types, Instant since) {
    String query =
        "?_type=" + encode(String.join(",", types)) + (since == null ? "" : "&_since=" + since);
    URI url = URI.create(settings.baseUrl() + "/Group/" + encode(group) + "/$export" + query);
    String what = "start the export of group \"" + group + "\"";
    Reply reply =
        client.send(Ask.get(what, url, FHIR).with("Prefer", "respond-async").once(), traffic);
    String location = reply.header("Content-Location").orElse("");
    URI status;
    try {
      status = url.resolve(location);
    } catch (IllegalArgumentException e) {
      throw unusable(what, "an unreadable Content-Location");
    }
    if (reply.status() != 202 || location.isBlank()) {
      throw unusable(what, reply.status() + " without a Content-Location");
    }
    if (!client.atHome(status)) {
      throw unusable(what, "a Content-Location at another origin than source.base-url");
    }
    return status;
  }

  /** Asks once how the export stands: 202, or 200 with the manifest. */
  Reply status(URI statusUrl) throws IOException, PassingFailure {
    return client.sendOnce(
        Ask.get("ask for the export's status", statusUrl, "application/json"), traffic);
  }

  /** Tells the server that the export may go; one that has gone is fine. */
  void delete(URI statusUrl) {
    try {
      client.send(Ask.delete("delete the export at the server", statusUrl), traffic);
    } catch (JobException e) {
      if (!ServerRefusal.gone(e)) {
        throw e;
      }
    }
  }

  private static JobException unusable(String what, String answer) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot "
            + what
            + ": the server answered "
            + answer
            + "; check that it offers Bulk Data export at source.base-url");
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
