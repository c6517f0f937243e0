package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Bulk Data: kick-off, status, files, delete. */
final class BulkExports {
  private static final Duration DAY = Duration.ofHours(24);

  /** One export; {@code nextPoll} is the only thing that changes. */
  private static final class Export {
    final String client;
    final String request;
    final Instant time;
    final Instant ready;
    final ExportContent content;
    final boolean incremental;
    Instant nextPoll = Instant.MIN;

    Export(
        String client,
        String request,
        Instant time,
        Instant ready,
        ExportContent content,
        boolean incremental) {
      this.client = client;
      this.request = request;
      this.time = time;
      this.ready = ready;
      this.content = content;
      this.incremental = incremental;
    }
  }

  private final Map<String, Export> exports = new ConcurrentHashMap<>();
  private final Map<String, Instant> lastKickOff = new ConcurrentHashMap<>();
  private final ResourceStore store;
  private final Ticks ticks;
  private final SandboxOptions options;
  private final FaultPlan faults;
  private final RequestLog log;

  BulkExports(
      ResourceStore store, Ticks ticks, SandboxOptions options, FaultPlan faults, RequestLog log) {
    this.store = store;
    this.ticks = ticks;
    this.options = options;
    this.faults = faults;
    this.log = log;
  }

  synchronized Reply kickOff(Request request, AccessTokens.Grant grant, String group, Urls urls) {
    if (!request.method().equals("GET") && !request.method().equals("POST")) {
      return Outcomes.refused(405, "not-supported", "Use GET or POST");
    }
    if (!group.equals(options.groupId)) {
      return Outcomes.refused(404, "not-found", "Unknown group: " + group);
    }
    try {
      ExportRequest asked = ExportRequest.of(request, options.since);
      for (String type : asked.types()) {
        if (!grant.scopes().allows(type)) {
          return Outcomes.refused(403, "forbidden", "The token's scope does not cover " + type);
        }
      }
      return busy(grant.clientId()).orElseGet(() -> start(request, grant, asked, urls));
    } catch (ExportRequest.Refused e) {
      return Outcomes.refused(400, "invalid", e.getMessage());
    }
  }

  private Optional<Reply> busy(String client) {
    Instant now = options.clock.instant();
    for (Export export : exports.values()) {
      if (export.client.equals(client) && now.isBefore(export.ready)) {
        return Optional.of(
            later("An export of this group is running", Duration.between(now, export.ready)));
      }
    }
    Instant allowed = lastKickOff.getOrDefault(client, Instant.MIN.plus(DAY)).plus(DAY);
    return options.oncePerDay && now.isBefore(allowed)
        ? Optional.of(
            later("A group can be exported once in 24 hours", Duration.between(now, allowed)))
        : Optional.empty();
  }

  private Reply start(Request request, AccessTokens.Grant grant, ExportRequest asked, Urls urls) {
    // The generation is taken before the time: what changes in between is newer than both.
    Generation generation = store.current();
    Instant time = ticks.next();
    ExportContent content =
        ExportContent.of(
            generation,
            type ->
                grant.scopes().allows(type)
                    && (asked.types().isEmpty() || asked.types().contains(type)),
            asked.since(),
            options,
            faults);
    String id = UUID.randomUUID().toString();
    Instant now = options.clock.instant();
    Instant ready = now.plus(options.exportTime);
    exports.put(
        id,
        new Export(
            grant.clientId(),
            urls.origin() + request.uri(),
            time,
            ready,
            content,
            asked.since().isPresent()));
    lastKickOff.put(grant.clientId(), now);
    return new Reply(202).with("Content-Location", urls.status(id));
  }

  synchronized Reply status(String id, String client, Urls urls) {
    Optional<Export> found = find(id, client);
    if (found.isEmpty()) {
      return unknown();
    }
    Export export = found.get();
    Instant now = options.clock.instant();
    if (now.isBefore(export.nextPoll)) {
      log.earlyPoll();
      return later("Polled before Retry-After had passed", Duration.between(now, export.nextPoll));
    }
    if (now.isBefore(export.ready)) {
      export.nextPoll = now.plusSeconds(options.retryAfter.toSeconds());
      long done =
          100
              - 100
                  * Duration.between(now, export.ready).toMillis()
                  / Math.max(1, options.exportTime.toMillis());
      return new Reply(202)
          .with("X-Progress", "Exporting, " + done + "% done")
          .with("Retry-After", Long.toString(options.retryAfter.toSeconds()));
    }
    return Reply.json(200, manifest(id, export, urls))
        .with("Expires", HttpDates.of(expires(export)));
  }

  private static ObjectNode manifest(String id, Export export, Urls urls) {
    ObjectNode manifest =
        Json.object()
            .put("transactionTime", export.time.toString())
            .put("request", export.request)
            .put("requiresAccessToken", true);
    add(manifest.putArray("output"), export.content.output(), id, urls);
    if (export.incremental) {
      add(manifest.putArray("deleted"), export.content.deleted(), id, urls);
    }
    add(manifest.putArray("error"), export.content.error(), id, urls);
    return manifest;
  }

  private static void add(ArrayNode files, List<ExportFile> from, String id, Urls urls) {
    for (ExportFile file : from) {
      files
          .addObject()
          .put("type", file.type())
          .put("url", urls.status(id) + "/" + file.name())
          .put("count", file.count());
    }
  }

  Reply file(Request request, String id, String name, String client) {
    Optional<Export> export = find(id, client);
    if (export.isEmpty() || options.clock.instant().isBefore(export.get().ready)) {
      return unknown();
    }
    Optional<ExportFile> file = export.get().content.file(name);
    if (file.isEmpty()) {
      return unknown();
    }
    Reply reply =
        Reply.of(200, "application/fhir+ndjson")
            .body(file.get().pieces())
            .with("Vary", "Accept-Encoding");
    return request.prefers("Accept-Encoding", "gzip")
        ? reply.with("Content-Encoding", "gzip")
        : reply;
  }

  Reply delete(String id, String client) {
    return find(id, client).isPresent() && exports.remove(id) != null ? new Reply(202) : unknown();
  }

  private Optional<Export> find(String id, String client) {
    return Optional.ofNullable(exports.get(id))
        .filter(export -> export.client.equals(client))
        .filter(export -> options.clock.instant().isBefore(expires(export)));
  }

  private Instant expires(Export export) {
    return export.ready.plus(options.fileLifetime);
  }

  private static Reply unknown() {
    return Outcomes.refused(404, "not-found", "Unknown or expired export");
  }

  private static Reply later(String why, Duration wait) {
    long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
    return Outcomes.refused(429, "throttled", why).with("Retry-After", Long.toString(seconds));
  }
}
