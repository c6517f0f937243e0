package io.epicfhir.sandbox.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.store.BreakGlass;
import io.epicfhir.sandbox.store.ResourceStore;
import io.epicfhir.sandbox.store.SiteEvents;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@link SiteEvents} for tests in other processes. */
public final class SiteAdmin {
  private static final Set<String> EVENTS =
      Set.of(
          "merge",
          "unmerge",
          "retract",
          "restore",
          "hide",
          "show",
          "correct",
          "leave",
          "join",
          "break-glass",
          "empty-night");

  private final SiteEvents site;

  public SiteAdmin(SiteEvents site) {
    this.site = site;
  }

  boolean knows(String method, String event) {
    return EVENTS.contains(event)
        && (method.equals("POST") || (method.equals("DELETE") && undone(event)));
  }

  private static boolean undone(String event) {
    return event.equals("break-glass") || event.equals("empty-night");
  }

  Reply answer(Request request, String event) {
    try {
      if (request.method().equals("DELETE")) {
        return quiet(event.equals("empty-night") ? site::dawn : site::mendGlass);
      }
      JsonNode body = request.body().isEmpty() ? Json.object() : Json.parse(request.body());
      return event(event, body);
    } catch (IllegalArgumentException e) {
      return Reply.text(400, "text/plain", e.getMessage());
    } catch (IOException e) {
      return Reply.text(400, "text/plain", "Cannot read the body: it is no JSON");
    }
  }

  private Reply event(String event, JsonNode body) {
    return switch (event) {
      case "merge" -> reloaded(site.merge(text(body, "from"), text(body, "to")));
      case "unmerge" -> reloaded(site.unmerge(text(body, "from")));
      case "retract" -> reloaded(site.retract(list(body, "resources")));
      case "restore" -> reloaded(site.restore(list(body, "resources")));
      case "hide" -> reloaded(site.hide(list(body, "resources")));
      case "show" -> reloaded(site.show(list(body, "resources")));
      case "correct" -> reloaded(site.correct(text(body, "resource"), object(body, "elements")));
      case "leave" -> quiet(() -> site.leave(list(body, "patients")));
      case "join" -> quiet(() -> site.join(list(body, "patients")));
      case "break-glass" ->
          quiet(() -> site.breakGlass(text(body, "patient"), BreakGlass.of(text(body, "answer"))));
      default -> quiet(site::emptyNight);
    };
  }

  static Reply reloaded(ResourceStore.Reload reload) {
    return Reply.json(
        200,
        Json.object()
            .put("created", reload.created())
            .put("changed", reload.changed())
            .put("deleted", reload.deleted()));
  }

  private static Reply quiet(Runnable event) {
    event.run();
    return new Reply(204);
  }

  private static String text(JsonNode body, String name) {
    if (!body.path(name).isTextual()) {
      throw new IllegalArgumentException("Cannot read " + name + ": a text is needed");
    }
    return body.path(name).asText();
  }

  private static ObjectNode object(JsonNode body, String name) {
    if (body.path(name) instanceof ObjectNode object) {
      return object;
    }
    throw new IllegalArgumentException("Cannot read " + name + ": an object is needed");
  }

  private static List<String> list(JsonNode body, String name) {
    List<String> values = new ArrayList<>();
    body.path(name).forEach(value -> values.add(value.asText()));
    if (values.isEmpty()) {
      throw new IllegalArgumentException("Cannot read " + name + ": a list of texts is needed");
    }
    return values;
  }
}
