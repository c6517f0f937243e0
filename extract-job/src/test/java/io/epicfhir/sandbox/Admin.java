package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The endpoints that are no part of the FHIR server: for tests, shells and benchmarks. */
final class Admin {
  private final ResourceStore store;
  private final RequestLog log;

  Admin(ResourceStore store, RequestLog log) {
    this.store = store;
    this.log = log;
  }

  Reply answer(Request request, String what) {
    if (!request.client().isLoopbackAddress()) {
      return new Reply(403);
    }
    return switch (request.method() + " " + what) {
      case "POST reload" -> reload();
      case "GET requests" -> Reply.json(200, log.toJson());
      case "DELETE requests" -> {
        log.clear();
        yield new Reply(204);
      }
      case "GET counts" -> {
        ObjectNode counts = Json.object();
        store.counts().forEach(counts::put);
        yield Reply.json(200, counts);
      }
      default -> new Reply(404);
    };
  }

  private Reply reload() {
    try {
      ResourceStore.Reload reload = store.reload();
      return Reply.json(
          200,
          Json.object()
              .put("created", reload.created())
              .put("changed", reload.changed())
              .put("deleted", reload.deleted()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
