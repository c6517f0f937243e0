package io.epicfhir.sandbox.bulk;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.store.ResourceTypes;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of a kick-off, from the query or a Parameters resource.
 *
 * @param types empty means all
 */
record ExportRequest(Set<String> types, Optional<Instant> since, TypeFilters filters) {
  private static final Set<String> FORMATS =
      Set.of("application/fhir+ndjson", "application/ndjson", "ndjson");

  /** Why a kick-off was refused. */
  static final class Refused extends Exception {
    Refused(String message) {
      super(message);
    }
  }

  static ExportRequest of(Request request, ExportOptions options) throws Refused {
    if (!request.prefers("Accept", "application/fhir+json")) {
      throw new Refused("Accept must be application/fhir+json");
    }
    if (!request.prefers("Prefer", "respond-async")) {
      throw new Refused("Prefer must be respond-async");
    }
    Map<String, List<String>> parameters = new LinkedHashMap<>(request.query());
    if (request.method().equals("POST")) {
      body(request).forEach(parameters::put);
    }
    Set<String> types = new LinkedHashSet<>();
    Optional<Instant> since = Optional.empty();
    TypeFilters filters = new TypeFilters(Map.of());
    for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
      String value = String.join(",", parameter.getValue());
      switch (parameter.getKey()) {
        case "_type" -> types.addAll(types(value));
        case "_since" -> since = Optional.of(since(value, options.kickOffs().since));
        case "_typeFilter" -> {
          if (options.behaves(Behaviour.ONE_TYPE_A_FILTER)) {
            oneType(parameter.getValue());
          }
          filters = TypeFilters.parse(value);
        }
        case "_outputFormat" -> checkFormat(value);
        default -> throw new Refused("Parameter is not supported: " + parameter.getKey());
      }
    }
    for (String type : filters.byType().keySet()) {
      if (!types.isEmpty() && !types.contains(type)) {
        throw new Refused("_typeFilter is for a type that _type lacks: " + type);
      }
    }
    return new ExportRequest(types, since, filters);
  }

  private static void oneType(List<String> filters) throws Refused {
    for (String filter : filters) {
      if (TypeFilters.parse(filter).byType().size() > 1) {
        throw new Refused("_typeFilter has searches of more than one type");
      }
    }
  }

  /** As a server reads it that does not know _since. */
  ExportRequest withoutSince() {
    return new ExportRequest(types, Optional.empty(), filters);
  }

  private static Map<String, List<String>> body(Request request) throws Refused {
    try {
      JsonNode parameters = Json.parse(request.body());
      if (!parameters.path("resourceType").asText().equals("Parameters")) {
        throw new Refused("The body must be a Parameters resource");
      }
      Map<String, List<String>> values = new LinkedHashMap<>();
      for (JsonNode parameter : parameters.path("parameter")) {
        for (Map.Entry<String, JsonNode> field : parameter.properties()) {
          if (field.getKey().startsWith("value")) {
            values
                .computeIfAbsent(parameter.path("name").asText(), n -> new ArrayList<>())
                .add(field.getValue().asText());
          }
        }
      }
      return values;
    } catch (IOException e) {
      throw new Refused("The body is not JSON");
    }
  }

  private static Set<String> types(String value) throws Refused {
    Set<String> types = new LinkedHashSet<>();
    for (String type : value.split(",", -1)) {
      if (!ResourceTypes.exists(type)) {
        throw new Refused("Unknown resource type in _type: " + type);
      }
      types.add(type);
    }
    return types;
  }

  private static Instant since(String value, boolean supported) throws Refused {
    if (!supported) {
      throw new Refused("Parameter is not supported: _since");
    }
    try {
      return OffsetDateTime.parse(value).toInstant();
    } catch (DateTimeException e) {
      throw new Refused("_since is not an instant: " + value);
    }
  }

  private static void checkFormat(String value) throws Refused {
    if (!FORMATS.contains(value)) {
      throw new Refused("_outputFormat is not supported: " + value);
    }
  }
}
