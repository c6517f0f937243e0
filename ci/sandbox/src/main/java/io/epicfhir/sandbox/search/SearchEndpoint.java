package io.epicfhir.sandbox.search;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.Urls;
import io.epicfhir.sandbox.lines.SearchFilter;
import io.epicfhir.sandbox.lines.SearchIndex;
import io.epicfhir.sandbox.store.ResourceStore;
import io.epicfhir.sandbox.store.ResourceTypes;
import java.time.DateTimeException;
import java.util.List;
import java.util.Map;

/** Read and paged search, as narrow as Epic's. */
public final class SearchEndpoint {
  private final ResourceStore store;
  private final SearchOptions options;
  private final SearchParameters parameters;
  private final SearchSessions sessions;
  private final SearchPages pages;
  private final PatientAccess access;

  public SearchEndpoint(
      ResourceStore store, PatientAccess access, FaultPlan faults, SearchOptions options) {
    this.store = store;
    this.options = options;
    this.parameters = new SearchParameters(options);
    this.sessions = new SearchSessions(options);
    this.pages = new SearchPages(sessions, faults, options);
    this.access = access;
  }

  public Reply search(Request request, String type, Urls urls) {
    if (!request.method().equals("GET")) {
      return Outcomes.refused(405, "not-supported", "Use GET");
    }
    if (!ResourceTypes.exists(type)) {
      return Outcomes.refused(404, "not-supported", "Unknown resource type: " + type);
    }
    return request.query().containsKey(SearchPages.PARAMETER)
        ? pages.following(request, type, urls)
        : first(request, type, urls);
  }

  private Reply first(Request request, String type, Urls urls) {
    SearchIndex index = store.searched().index(type);
    SearchFilter filter = new SearchFilter();
    ObjectNode warnings = Json.object();
    for (Map.Entry<String, List<String>> parameter : request.query().entrySet()) {
      try {
        add(type, parameter.getKey(), parameter.getValue(), index, filter, warnings);
      } catch (DateTimeException e) {
        return fatal("invalid", "59101", "Invalid value of " + parameter.getKey());
      }
    }
    if (parameters.missesRequired(type, filter)) {
      return fatal("required", "59108", "A required element is missing in a search of " + type);
    }
    if (SearchParameters.refuses(type, filter)) {
      return Outcomes.refused(400, "not-supported", "This category cannot be searched");
    }
    SearchSessions.Session found =
        sessions.start(index.find(filter), count(request), request.uri());
    return access
        .search(request, type, filter, urls)
        .orElseGet(() -> pages.page(request, type, found, warnings, urls));
  }

  private static Reply fatal(String code, String epicCode, String diagnostics) {
    return Reply.fhir(400, Outcomes.outcome("fatal", code, epicCode, diagnostics));
  }

  private void add(
      String type,
      String name,
      List<String> values,
      SearchIndex index,
      SearchFilter filter,
      ObjectNode warnings) {
    if (parameters.knows(type, name, index)) {
      boolean patient = name.equals("subject") || name.equals("patient");
      for (String value : values) {
        filter.add(patient ? "patient" : name, patient ? value.replace("Patient/", "") : value);
      }
    } else if (!name.equals("_count") && !name.equals("_format")) {
      warnings.put("resourceType", "OperationOutcome");
      Outcomes.add(warnings, "warning", "not-supported", "59100", "Unknown parameter: " + name);
      Outcomes.add(warnings, "warning", "not-supported", "4122", "Parameter was ignored: " + name);
    }
  }

  private int count(Request request) {
    try {
      String asked = String.join("", request.query().getOrDefault("_count", List.of()));
      return asked.isEmpty()
          ? options.pageSize()
          : Math.max(1, Math.min(Integer.parseInt(asked), options.pageSize()));
    } catch (NumberFormatException e) {
      return options.pageSize();
    }
  }
}
