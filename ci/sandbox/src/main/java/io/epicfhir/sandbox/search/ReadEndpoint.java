package io.epicfhir.sandbox.search;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.epic.Notes;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.http.Piece;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.Urls;
import io.epicfhir.sandbox.lines.LineReader;
import io.epicfhir.sandbox.lines.SearchRow;
import io.epicfhir.sandbox.lines.StoredLine;
import io.epicfhir.sandbox.store.Groups;
import io.epicfhir.sandbox.store.ResourceStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;

/** Reads by id: of resources, groups and Binaries. */
public final class ReadEndpoint {
  private static final String BINARY = "Binary";

  private final ResourceStore store;
  private final Groups groups;
  private final PatientAccess access;
  private final SearchOptions options;
  private LocalDate day = LocalDate.MIN;
  private int documents;

  public ReadEndpoint(
      ResourceStore store, Groups groups, PatientAccess access, SearchOptions options) {
    this.store = store;
    this.groups = groups;
    this.access = access;
    this.options = options;
  }

  public Reply read(Request request, String type, String id, Urls urls) {
    if (type.equals("Group") && groups.exists(id)) {
      return options.behaves(Behaviour.GROUP_UNREADABLE)
          ? Outcomes.refused(403, "forbidden", "The client is not authorized for Group.Read (R4).")
          : Reply.fhir(200, groups.resource(id, store.current()));
    }
    Optional<Reply> retired = access.retired(type, id, urls);
    if (retired.isPresent()) {
      return retired.get();
    }
    Optional<SearchRow> row = store.current().index(type).row(id);
    if (row.isEmpty()) {
      return Outcomes.refused(404, "not-found", "Unknown resource: " + type + "/" + id);
    }
    return access.read(row.get().patient()).orElseGet(() -> found(request, row.get().line()));
  }

  private Reply found(Request request, StoredLine line) {
    if (line.type().equals(BINARY)) {
      if (options.behaves(Behaviour.RESTRICTED_NOTES) && Notes.restricted(line.id())) {
        return Outcomes.refused(403, "forbidden", "This note is restricted");
      }
      if (beyondTheDay()) {
        return Reply.fhir(
            403, Outcomes.outcome("fatal", "throttled", "4135", Outcomes.text("4135")));
      }
    }
    try (LineReader reader = new LineReader()) {
      boolean json =
          request.prefers("Accept", "application/fhir+json")
              || request.prefers("Accept", "application/json");
      return line.type().equals(BINARY) && options.behaves(Behaviour.RAW_BINARIES) && !json
          ? raw(reader.bytes(line))
          : Reply.of(200, "application/fhir+json", line.piece(reader));
    }
  }

  private synchronized boolean beyondTheDay() {
    LocalDate today = LocalDate.ofInstant(options.clock().instant(), ZoneOffset.UTC);
    documents = today.equals(day) ? documents + 1 : 1;
    day = today;
    return documents > options.documentsPerDay();
  }

  private static Reply raw(byte[] binary) {
    try {
      JsonNode resource = Json.parse(binary);
      return Reply.of(
          200,
          resource.path("contentType").asText("application/octet-stream"),
          new Piece.Memory(resource.path("data").binaryValue()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
