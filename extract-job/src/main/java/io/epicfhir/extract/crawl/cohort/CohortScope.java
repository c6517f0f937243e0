package io.epicfhir.extract.crawl.cohort;

import java.util.Collection;
import java.util.function.Predicate;

/**
 * Whose resources are kept of those that are read by reference. A Provenance, a List or a report
 * can point to the record of a patient who is not in the cohort.
 */
public final class CohortScope {
  private final Predicate<String> members;
  private final Merges merges;
  private final boolean endsLeavers;

  /**
   * @param members shows by an id whether the patient is in the cohort
   * @param merges that are known: a retired patient's resources are the survivor's
   * @param endsLeavers whether the resources of patients who left the cohort are to go
   */
  public CohortScope(Predicate<String> members, Merges merges, boolean endsLeavers) {
    this.members = members;
    this.merges = merges;
    this.endsLeavers = endsLeavers;
  }

  /** Everybody's: it is not known who is in the cohort. */
  public static CohortScope unknown(Merges merges) {
    return new CohortScope(patient -> true, merges, false);
  }

  /**
   * Whether a resource belongs to others only. What belongs to nobody, as a Practitioner does, is
   * not outside.
   *
   * @param patients ids of the patients that the resource says it belongs to
   */
  public boolean excludes(Collection<String> patients) {
    return !patients.isEmpty() && patients.stream().noneMatch(this::has);
  }

  /** Whether the patient is in the cohort, or was merged into one who is. */
  public boolean has(String patient) {
    return isMember(patient) || merges.survivor(patient).filter(this::isMember).isPresent();
  }

  /** Whether the patient is in the cohort under this id. */
  public boolean isMember(String patient) {
    return members.test(patient);
  }

  /** Whether the resources of patients who left the cohort are to go. */
  public boolean endsLeavers() {
    return endsLeavers;
  }
}
