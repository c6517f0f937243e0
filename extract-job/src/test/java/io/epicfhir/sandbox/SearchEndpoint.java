package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Read and paged search, as narrow as Epic's. */
final class SearchEndpoint {
  private static final String PAGE = "_page";
  private static final Set<String> CODED = Set.of("Observation", "CarePlan");

  /** The rest of a search, behind an opaque next link; it keeps what it found at the start. */
  private record Session(List<StoredLine> found, int from, int pageSize) {}

  private final Map<String, Session> sessions = new ConcurrentHashMap<>();
  private final ResourceStore store;
  private final SandboxOptions options;

  SearchEndpoint(ResourceStore store, SandboxOptions options) {
    this.store = store;
    this.options = options;
  }

  static List<String> parameters(String type) {
    return switch (type) {
      case "Observation" -> List.of("_id", "patient", "subject", "category", "code");
      case "CarePlan", "Condition", "DiagnosticReport", "DocumentReference", "CareTeam" ->
          List.of("_id", "patient", "subject", "category");
      default -> List.of("_id", "patient", "subject");
    };
  }

  Reply read(String type, String id) {
    if (type.equals("Group") && id.equals(options.groupId)) {
      return Reply.fhir(200, group());
    }
    Optional<StoredLine> line = store.current().index(type).line(id);
    if (line.isEmpty()) {
      return Outcomes.refused(404, "not-found", "Unknown resource: " + type + "/" + id);
    }
    try (LineReader reader = new LineReader()) {
      return Reply.of(200, "application/fhir+json", line.get().piece(reader));
    }
  }

  private ObjectNode group() {
    ObjectNode group =
        Json.object()
            .put("resourceType", "Group")
            .put("id", options.groupId)
            .put("type", "person")
            .put("actual", true);
    for (StoredLine patient : store.current().lines("Patient")) {
      if (!patient.id().isEmpty()) {
        group.withArray("member").addObject().putObject("entity").put("reference", patient.key());
      }
    }
    return group;
  }

  Reply search(Request request, String type, Urls urls) {
    if (!request.method().equals("GET")) {
      return Outcomes.refused(405, "not-supported", "Use GET");
    }
    if (!ResourceTypes.exists(type)) {
      return Outcomes.refused(404, "not-supported", "Unknown resource type: " + type);
    }
    if (request.query().containsKey(PAGE)) {
      Session session = sessions.get(String.join(",", request.query().get(PAGE)));
      return session == null
          ? Outcomes.refused(410, "expired", "The search session is expired")
          : page(request, type, session, Json.object(), urls);
    }
    Map<String, Set<String>> filters = new LinkedHashMap<>();
    ObjectNode warnings = Json.object();
    request.query().forEach((name, values) -> filter(type, name, values, filters, warnings));
    if (missesRequired(type, filters)) {
      return Reply.fhir(
          400,
          Outcomes.outcome(
              "fatal",
              "required",
              "59108",
              "A required element is missing in a search of " + type));
    }
    List<StoredLine> found = store.current().index(type).find(filters);
    int count = count(request);
    return page(request, type, new Session(found, 0, count), warnings, urls);
  }

  private static void filter(
      String type,
      String name,
      List<String> values,
      Map<String, Set<String>> filters,
      ObjectNode warnings) {
    if (parameters(type).contains(name)) {
      String filter = name.equals("subject") ? "patient" : name;
      for (String value : values) {
        String plain = filter.equals("patient") ? value.replace("Patient/", "") : value;
        filters.put(filter, new LinkedHashSet<>(List.of(plain.split(",", -1))));
      }
    } else if (!name.equals("_count") && !name.equals("_format")) {
      warnings.put("resourceType", "OperationOutcome");
      Outcomes.add(warnings, "warning", "not-supported", "59100", "Unknown parameter: " + name);
      Outcomes.add(warnings, "warning", "not-supported", "4122", "Parameter was ignored: " + name);
    }
  }

  private static boolean missesRequired(String type, Map<String, Set<String>> filters) {
    if (filters.containsKey("_id")) {
      return false;
    }
    boolean coded = filters.containsKey("category") || filters.containsKey("code");
    return !filters.containsKey("patient") || (CODED.contains(type) && !coded);
  }

  private int count(Request request) {
    try {
      String asked = String.join("", request.query().getOrDefault("_count", List.of()));
      return asked.isEmpty()
          ? options.pageSize
          : Math.max(1, Math.min(Integer.parseInt(asked), options.pageSize));
    } catch (NumberFormatException e) {
      return options.pageSize;
    }
  }

  private Reply page(
      Request request, String type, Session session, ObjectNode warnings, Urls urls) {
    int to = Math.min(session.found().size(), session.from() + session.pageSize());
    SearchPage page = new SearchPage(urls.origin() + request.uri());
    if (to < session.found().size()) {
      String next = UUID.randomUUID().toString();
      sessions.put(next, new Session(session.found(), to, session.pageSize()));
      page.next(urls.fhirBase() + "/" + type + "?" + PAGE + "=" + next);
    }
    try (LineReader reader = new LineReader()) {
      for (StoredLine line : session.found().subList(session.from(), to)) {
        page.match(urls.fhirBase() + "/" + line.key(), line.piece(reader));
      }
    }
    if (session.found().isEmpty()) {
      warnings.put("resourceType", "OperationOutcome");
      Outcomes.add(
          warnings, "warning", "not-found", "4101", "Resource request returns no results.");
    }
    if (!warnings.isEmpty()) {
      page.outcome(warnings);
    }
    return Reply.of(200, "application/fhir+json").body(page.pieces());
  }
}
