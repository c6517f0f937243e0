package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rewrites every reference of a resource, however deep, to the served ids. */
final class References {
  private static final Pattern RELATIVE =
      Pattern.compile("([A-Z][A-Za-z]+)/([A-Za-z0-9.\\-]+)(/_history/.*)?");
  private static final Pattern CONDITIONAL = Pattern.compile("([A-Z][A-Za-z]+)\\?identifier=(.+)");

  private final SourceIndex index;
  private final Set<Behaviour> behaviours;

  References(SourceIndex index, Set<Behaviour> behaviours) {
    this.index = index;
    this.behaviours = behaviours;
  }

  /** The served id. */
  String id(String type, String id) {
    return behaviours.contains(Behaviour.OPAQUE_IDS) ? EpicId.of(type, id) : id;
  }

  void rewrite(String type, ObjectNode resource) {
    if (type.equals("CareTeam") && behaviours.contains(Behaviour.TYPES_BY_ID)) {
      resource.path("participant").forEach(this::byRole);
    }
    walk(resource);
  }

  /** A member of a care team is a practitioner in a role. */
  private void byRole(JsonNode participant) {
    Matcher member = CONDITIONAL.matcher(participant.path("member").path("reference").asText());
    if (member.matches() && member.group(1).equals("Practitioner")) {
      index
          .role(member.group(2))
          .ifPresent(
              role ->
                  ((ObjectNode) participant.path("member"))
                      .put("reference", "PractitionerRole/" + role));
    }
  }

  private void walk(JsonNode node) {
    if (node instanceof ObjectNode object) {
      if (object.path("reference").isTextual()) {
        object.put("reference", served(object.path("reference").asText()));
      } else if (object.path("identifier").isObject()) {
        index
            .reference(object.path("identifier"))
            .ifPresent(
                target -> {
                  object.put("reference", served(target));
                  object.remove("identifier");
                });
      }
    }
    node.forEach(this::walk);
  }

  private String served(String reference) {
    Matcher relative = RELATIVE.matcher(reference);
    if (relative.matches()) {
      String version = relative.group(3) == null ? "" : relative.group(3);
      return relative.group(1) + "/" + id(relative.group(1), relative.group(2)) + version;
    }
    Matcher conditional = CONDITIONAL.matcher(reference);
    if (conditional.matches()) {
      String type = conditional.group(1);
      Optional<String> found = index.id(type, conditional.group(2));
      return found.map(id -> type + "/" + id(type, id)).orElse(reference);
    }
    return reference;
  }
}
