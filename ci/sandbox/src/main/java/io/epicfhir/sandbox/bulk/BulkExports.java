package io.epicfhir.sandbox.bulk;

import io.epicfhir.sandbox.auth.AccessTokens;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.http.HttpDates;
import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.RequestLog;
import io.epicfhir.sandbox.http.Urls;
import io.epicfhir.sandbox.store.Generation;
import io.epicfhir.sandbox.store.Groups;
import io.epicfhir.sandbox.store.ResourceStore;
import io.epicfhir.sandbox.store.Ticks;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Bulk Data: kick-off, status, files, delete. */
public final class BulkExports {
  private static final Duration DAY = Duration.ofHours(24);
  private static final String TOO_RECENTLY =
      "Error processing Bulk Data Kickoff request: Request not allowed: The Client requested this"
          + " Group too recently.";

  private final Map<String, Export> exports = new ConcurrentHashMap<>();
  private final Map<String, Instant> lastKickOff = new ConcurrentHashMap<>();
  private final ResourceStore store;
  private final Ticks ticks;
  private final ExportOptions options;
  private final FaultPlan faults;
  private final RequestLog log;
  private final Groups groups;
  private final Manifest manifest;
  private final GzipFiles gzipFiles;

  public BulkExports(
      ResourceStore store,
      Groups groups,
      Ticks ticks,
      ExportOptions options,
      FaultPlan faults,
      RequestLog log) {
    this.store = store;
    this.ticks = ticks;
    this.options = options;
    this.faults = faults;
    this.log = log;
    this.groups = groups;
    this.gzipFiles = new GzipFiles(store.scratch());
    this.manifest = new Manifest(options, faults);
  }

  public synchronized Reply kickOff(
      Request request, AccessTokens.Grant grant, String group, Urls urls) {
    if (!request.method().equals("GET") && !request.method().equals("POST")) {
      return Outcomes.refused(405, "not-supported", "Use GET or POST");
    }
    if (!groups.exists(group)) {
      return Outcomes.refused(404, "not-found", "Unknown group: " + group);
    }
    try {
      ExportRequest export = ExportRequest.of(request, options);
      if (options.behaves(Behaviour.SINCE_IGNORED)) {
        export = export.withoutSince();
      }
      for (String type : export.types()) {
        if (!grant.scopes().allows(type)) {
          return Outcomes.refused(403, "forbidden", "The token's scope does not cover " + type);
        }
      }
      Export.Asked asked =
          new Export.Asked(grant.clientId(), group, urls.origin() + request.uri(), request.body());
      ExportSelection selection = new ExportSelection(export, grant.scopes(), groups, group);
      return repeated(request, asked, urls)
          .or(() -> busy(asked))
          .orElseGet(() -> start(asked, selection, urls));
    } catch (ExportRequest.Refused e) {
      return Outcomes.refused(400, "invalid", e.getMessage());
    }
  }

  private Optional<Reply> repeated(Request request, Export.Asked asked, Urls urls) {
    if (!options.kickOffs().reusesExports || request.prefers("Cache-Control", "no-cache")) {
      return Optional.empty();
    }
    return exports.entrySet().stream()
        .filter(kept -> kept.getValue().asked.equals(asked) && alive(kept.getValue()))
        .findFirst()
        .map(kept -> new Reply(202).with("Content-Location", urls.status(kept.getKey())));
  }

  private Optional<Reply> busy(Export.Asked asked) {
    Instant now = options.clock().instant();
    for (Export export : exports.values()) {
      if (export.asked.client().equals(asked.client())
          && (options.behaves(Behaviour.ONE_EXPORT) || export.asked.group().equals(asked.group()))
          && now.isBefore(export.ready)) {
        return Optional.of(
            later("An export of this group is running", Duration.between(now, export.ready)));
      }
    }
    Instant last = lastKickOff.getOrDefault(key(asked), Instant.EPOCH);
    if (now.isBefore(last.plus(options.kickOffs().recent))) {
      return Optional.of(
          Outcomes.refused(options.kickOffs().recentStatus, "business-rule", TOO_RECENTLY));
    }
    Instant allowed = last.plus(DAY);
    return options.kickOffs().oncePerDay && now.isBefore(allowed)
        ? Optional.of(
            later("A group can be exported once in 24 hours", Duration.between(now, allowed)))
        : Optional.empty();
  }

  private static String key(Export.Asked asked) {
    return asked.client() + " " + asked.group();
  }

  private Reply start(Export.Asked asked, ExportSelection selection, Urls urls) {
    // The generation is taken before the time: what changes in between is newer than both.
    Generation generation = store.searched();
    Instant time = ticks.next();
    ExportContent content = ExportContent.of(generation, selection, options, faults);
    if (options.files().contains(FileServing.PRECOMPRESSED)) {
      gzipFiles.compress(content.output());
    }
    String id = UUID.randomUUID().toString();
    Instant now = options.clock().instant();
    Instant ready = now.plus(options.exportTime());
    exports.put(id, new Export(asked, time, ready, content, selection.since().isPresent()));
    lastKickOff.put(key(asked), now);
    log.exportStarted();
    return new Reply(202).with("Content-Location", urls.status(id));
  }

  public synchronized Reply status(Request request, String id, String client, Urls urls) {
    Optional<Export> found = find(id, client);
    if (found.isEmpty()) {
      return unknown();
    }
    Export export = found.get();
    Instant now = options.clock().instant();
    if (now.isBefore(export.nextPoll)) {
      log.earlyPoll();
      return later("Polled before Retry-After had passed", Duration.between(now, export.nextPoll));
    }
    if (now.isBefore(export.ready)) {
      export.nextPoll = now.plusSeconds(options.retryAfter().toSeconds());
      return running(export, now);
    }
    return manifest
        .page(request, id, export, urls)
        .map(page -> Reply.json(200, page).with("Expires", HttpDates.of(expires(export))))
        .orElseGet(BulkExports::unknown);
  }

  private Reply running(Export export, Instant now) {
    long left = Duration.between(now, export.ready).toMillis();
    long done = 100 - 100 * left / Math.max(1, options.exportTime().toMillis());
    return new Reply(202)
        .with("X-Progress", "Exporting, " + done + "% done")
        .with("Retry-After", Long.toString(options.retryAfter().toSeconds()));
  }

  /** A file for its client, or for anybody where files are open. */
  public Reply file(Request request, String id, String name, Optional<String> client) {
    Optional<ExportFile> file =
        Optional.ofNullable(exports.get(id))
            .filter(export -> client.isEmpty() || export.asked.client().equals(client.get()))
            .filter(export -> alive(export) && !options.clock().instant().isBefore(export.ready))
            .flatMap(export -> export.content.file(name));
    if (file.isEmpty()) {
      return unknown();
    }
    Reply reply =
        Reply.of(200, "application/fhir+ndjson")
            .body(file.get().pieces())
            .with("Vary", "Accept-Encoding");
    if (!request.prefers("Accept-Encoding", "gzip")) {
      return reply;
    }
    return gzipFiles
        .find(file.get())
        .map(ready -> reply.body(List.of(ready)).with("Content-Encoding", "gzip"))
        .orElseGet(reply::gzip);
  }

  public Reply delete(String id, String client) {
    return find(id, client).isPresent() && exports.remove(id) != null ? new Reply(202) : unknown();
  }

  /** Exports that were neither deleted nor have expired. */
  public int kept() {
    return (int) exports.values().stream().filter(this::alive).count();
  }

  private Optional<Export> find(String id, String client) {
    return Optional.ofNullable(exports.get(id))
        .filter(export -> export.asked.client().equals(client))
        .filter(this::alive);
  }

  private boolean alive(Export export) {
    return options.clock().instant().isBefore(expires(export));
  }

  private Instant expires(Export export) {
    return export.ready.plus(options.fileLifetime());
  }

  private static Reply unknown() {
    return Outcomes.refused(404, "not-found", "Unknown or expired export");
  }

  private static Reply later(String why, Duration wait) {
    long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
    return Outcomes.refused(429, "throttled", why).with("Retry-After", Long.toString(seconds));
  }
}
