package io.epicfhir.sandbox;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** Answers instead of data: patients that were merged into others, and restricted ones. */
final class PatientAccess {
  private final SiteChanges changes;

  PatientAccess(SiteChanges changes) {
    this.changes = changes;
  }

  /** Empty where the search may go on. */
  Optional<Reply> search(Request request, String type, SearchFilter filter, Urls urls) {
    Set<String> patients = new LinkedHashSet<>(filter.values("patient"));
    if (type.equals("Patient")) {
      patients.addAll(filter.values("_id"));
    }
    for (String patient : patients) {
      Optional<String> survivor = changes.survivor(patient);
      if (survivor.isPresent()) {
        return Optional.of(merged(urls.origin() + request.uri().replace(patient, survivor.get())));
      }
      BreakGlass glass = changes.breakGlass.get(patient);
      if (glass != null) {
        return Optional.of(glass.search(urls.origin() + request.uri()));
      }
    }
    return Optional.empty();
  }

  /** A retired patient is read at the survivor's URL. */
  Optional<Reply> retired(String type, String id, Urls urls) {
    return type.equals("Patient")
        ? changes.survivor(id).map(survivor -> merged(urls.fhirBase() + "/Patient/" + survivor))
        : Optional.empty();
  }

  /** Empty where the patient's resources may be read. */
  Optional<Reply> read(String patient) {
    return Optional.ofNullable(changes.breakGlass.get(patient)).map(BreakGlass::read);
  }

  private static Reply merged(String location) {
    return Reply.fhir(302, Outcomes.outcome("fatal", "processing", "4107", Outcomes.text("4107")))
        .with("Location", location);
  }
}
