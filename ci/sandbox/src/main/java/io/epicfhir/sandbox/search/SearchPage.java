package io.epicfhir.sandbox.search;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Piece;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A searchset Bundle around resources that stay byte for byte what they are. No total. */
final class SearchPage {
  private final ObjectNode head =
      Json.object().put("resourceType", "Bundle").put("type", "searchset");
  private final ArrayNode links = head.putArray("link");
  private final List<Piece> entries = new ArrayList<>();

  SearchPage(String self) {
    links.addObject().put("relation", "self").put("url", self);
  }

  void next(String url) {
    links.addObject().put("relation", "next").put("url", url);
  }

  void match(String fullUrl, Piece resource) {
    entry(fullUrl, resource, "match");
  }

  void outcome(ObjectNode outcome) {
    entry("", new Piece.Memory(Json.bytes(outcome)), "outcome");
  }

  private void entry(String fullUrl, Piece resource, String mode) {
    String url = fullUrl.isEmpty() ? "" : "\"fullUrl\":\"" + fullUrl + "\",";
    entries.add(text((entries.isEmpty() ? "" : ",") + "{" + url + "\"resource\":"));
    entries.add(resource);
    entries.add(text(",\"search\":{\"mode\":\"" + mode + "\"}}"));
  }

  List<Piece> pieces() {
    String start = new String(Json.bytes(head), StandardCharsets.UTF_8);
    List<Piece> pieces = new ArrayList<>();
    // An R4 array must not be empty: a page without entries has no such member.
    String open = entries.isEmpty() ? "" : ",\"entry\":[";
    pieces.add(text(start.substring(0, start.length() - 1) + open));
    pieces.addAll(entries);
    pieces.add(text(entries.isEmpty() ? "}" : "]}"));
    return pieces;
  }

  private static Piece text(String text) {
    return new Piece.Memory(text.getBytes(StandardCharsets.UTF_8));
  }
}
