package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The endpoints that are no part of the FHIR server: for tests, shells and benchmarks. */
final class Admin {
  private final ResourceStore store;
  private final RequestLog log;
  private final FaultPlan faults;

  Admin(ResourceStore store, RequestLog log, FaultPlan faults) {
    this.store = store;
    this.log = log;
    this.faults = faults;
  }

  Reply answer(Request request, String what) {
    if (!request.client().isLoopbackAddress()) {
      return new Reply(403);
    }
    try {
      return switch (request.method() + " " + what) {
        case "POST reload" -> reload();
        case "GET requests" -> Reply.json(200, log.toJson());
        case "DELETE requests" -> {
          log.clear();
          yield new Reply(204);
        }
        case "GET counts" -> counts();
        case "GET resources" -> resources();
        case "POST faults" -> plan(request.body());
        case "DELETE faults" -> {
          faults.clear();
          yield new Reply(204);
        }
        default -> new Reply(404);
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Reply counts() {
    ObjectNode counts = Json.object();
    store.counts().forEach(counts::put);
    return Reply.json(200, counts);
  }

  private Reply reload() throws IOException {
    ResourceStore.Reload reload = store.reload();
    return Reply.json(
        200,
        Json.object()
            .put("created", reload.created())
            .put("changed", reload.changed())
            .put("deleted", reload.deleted()));
  }

  /** By way of a file: millions of lines need no memory. */
  private Reply resources() throws IOException {
    Path file = Files.createTempFile(store.scratch(), "resources", ".tsv");
    try (Writer out = Files.newBufferedWriter(file)) {
      for (List<StoredLine> lines : store.current().byType().values()) {
        for (StoredLine line : lines) {
          out.write(line.key() + "\t" + line.digest() + "\n");
        }
      }
    }
    return Reply.of(
        200, "text/tab-separated-values", new Piece.FileRange(file, 0, Files.size(file)));
  }

  private Reply plan(String body) {
    try {
      FaultOrder order = FaultOrder.parse(body);
      faults.times(order.times(), order.match(), order.fault());
      return new Reply(204);
    } catch (IllegalArgumentException e) {
      return Reply.text(400, "text/plain", e.getMessage());
    }
  }
}
