package io.epicfhir.sandbox.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One HTTP response: what the endpoints decide, before faults and the wire touch it. */
public record Reply(
    int status, Map<String, String> headers, List<Piece> body, Ending ending, boolean compress) {

  public Reply(int status) {
    this(status, Map.of(), List.of(), Ending.WHOLE, false);
  }

  public static Reply fhir(int status, JsonNode resource) {
    return of(status, "application/fhir+json", new Piece.Memory(Json.bytes(resource)));
  }

  public static Reply json(int status, JsonNode node) {
    return of(status, "application/json", new Piece.Memory(Json.bytes(node)));
  }

  public static Reply text(int status, String contentType, String body) {
    return of(status, contentType, new Piece.Memory(body.getBytes(StandardCharsets.UTF_8)));
  }

  public static Reply of(int status, String contentType, Piece... body) {
    return new Reply(status).with("Content-Type", contentType).body(List.of(body));
  }

  public Reply with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Reply(status, more, body, ending, compress);
  }

  public Reply body(List<Piece> pieces) {
    return new Reply(status, headers, pieces, ending, compress);
  }

  public Reply ending(Ending other) {
    return new Reply(status, headers, body, other, compress);
  }

  /** The body goes through gzip on its way. */
  public Reply gzip() {
    Reply gzip = with("Content-Encoding", "gzip");
    return new Reply(status, gzip.headers, body, ending, true);
  }

  /** Whether the connection breaks before the head: nobody learns what was answered. */
  public boolean lost() {
    boolean breaks = ending.kind() != Ending.Kind.WHOLE && ending.kind() != Ending.Kind.SHORT;
    return breaks && (body.isEmpty() || ending.afterBytes() < 0);
  }
}
