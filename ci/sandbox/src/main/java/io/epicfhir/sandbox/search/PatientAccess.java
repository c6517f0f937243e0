package io.epicfhir.sandbox.search;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.Urls;
import io.epicfhir.sandbox.lines.SearchFilter;
import io.epicfhir.sandbox.store.BreakGlass;
import io.epicfhir.sandbox.store.SiteChanges;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** Answers instead of data: patients that were merged into others, and restricted ones. */
public final class PatientAccess {
  private final SiteChanges changes;

  public PatientAccess(SiteChanges changes) {
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
      Optional<BreakGlass> glass = changes.breakGlass(patient);
      if (glass.isPresent()) {
        return Optional.of(search(glass.get(), urls.origin() + request.uri()));
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
    return changes.breakGlass(patient).map(PatientAccess::read);
  }

  private static Reply search(BreakGlass glass, String self) {
    if (glass != BreakGlass.SUPPRESSED) {
      return read(glass);
    }
    SearchPage page = new SearchPage(self);
    page.outcome(suppressed("information", glass.code()));
    return Reply.of(200, "application/fhir+json").body(page.pieces());
  }

  private static Reply read(BreakGlass glass) {
    return glass == BreakGlass.FORBIDDEN
        ? Outcomes.refused(403, "forbidden", "Access to this patient is restricted")
        : Reply.fhir(403, suppressed("fatal", glass.code()));
  }

  private static ObjectNode suppressed(String severity, String code) {
    return Outcomes.outcome(severity, "suppressed", code, Outcomes.text(code));
  }

  private static Reply merged(String location) {
    return Reply.fhir(302, Outcomes.outcome("fatal", "processing", "4107", Outcomes.text("4107")))
        .with("Location", location);
  }
}
