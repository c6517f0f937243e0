package io.epicfhir.sandbox.search;

import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.epic.EpicShape;
import io.epicfhir.sandbox.lines.SearchFilter;
import io.epicfhir.sandbox.lines.SearchIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Which parameters a search of a type takes and needs, as narrow as Epic's. */
public final class SearchParameters {
  private static final Set<String> CODED = Set.of("Observation", "CarePlan");

  /** Epic answers these with an error. */
  private static final Set<String> REFUSED_CATEGORIES = Set.of("procedure", "therapy", "activity");

  private final SearchOptions options;

  public SearchParameters(SearchOptions options) {
    this.options = options;
  }

  public List<String> names(String type) {
    if (options.behaves(Behaviour.TYPES_BY_ID) && EpicShape.byId(type)) {
      return List.of("_id");
    }
    List<String> names = new ArrayList<>(List.of("_id", "patient", "subject"));
    switch (type) {
      case "Observation" -> names.addAll(List.of("category", "code"));
      case "CarePlan", "Condition", "DiagnosticReport", "DocumentReference", "CareTeam" ->
          names.add("category");
      case "EpisodeOfCare" -> names.add("type");
      default -> {}
    }
    if (type.equals("Patient") && options.patientSearch()) {
      names.add("identifier");
    }
    if (options.lastUpdatedSearch()) {
      names.addAll(SearchFilter.DATES);
    }
    return names;
  }

  /** Dates are known where a resource of the type has one. */
  boolean knows(String type, String name, SearchIndex index) {
    return names(type).contains(name)
        && (!SearchFilter.DATES.contains(name) || index.hasDates(name));
  }

  boolean missesRequired(String type, SearchFilter filter) {
    if (filter.has("_id") || (type.equals("Patient") && options.patientSearch())) {
      return false;
    }
    boolean coded = filter.has("category") || filter.has("code");
    return !filter.has("patient")
        || (CODED.contains(type) && !coded)
        || (type.equals("EpisodeOfCare") && !filter.has("type"));
  }

  static boolean refuses(String type, SearchFilter filter) {
    return type.equals("Observation")
        && filter.values("category").stream()
            .map(value -> value.substring(value.indexOf('|') + 1))
            .anyMatch(REFUSED_CATEGORIES::contains);
  }
}
