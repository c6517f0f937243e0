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
  private final Predicate<String> elsewhere;

  private CohortScope(
      Predicate<String> members, Merges merges, boolean endsLeavers, Predicate<String> elsewhere) {
    this.members = members;
    this.merges = merges;
    this.endsLeavers = endsLeavers;
    this.elsewhere = elsewhere;
  }

  /**
   * Of a crawl, where the resources of patients who left the cohort stay as they are.
   *
   * @param members tells by an id whether the patient is in the cohort
   * @param merges that are known: a retired patient's resources are the survivor's
   */
  public static CohortScope of(Predicate<String> members, Merges merges) {
    return new CohortScope(members, merges, false, patient -> false);
  }

  /**
   * Of a group, where the resources of patients who left it are to go.
   *
   * @param elsewhere tells by an id whether the patient is in another group
   */
  public static CohortScope endingLeavers(
      Predicate<String> members, Merges merges, Predicate<String> elsewhere) {
    return new CohortScope(members, merges, true, elsewhere);
  }

  /** Everybody's: it is not known who is in the cohort. */
  public static CohortScope unknown(Merges merges) {
    return of(patient -> true, merges);
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

  /**
   * Whether the patient left for another group: what is known of the record stays, as it comes with
   * that group's exports, until the patient is in none.
   */
  public boolean isElsewhere(String patient) {
    return elsewhere.test(patient) || merges.survivor(patient).filter(elsewhere).isPresent();
  }

  /** Whether the resources of patients who left the cohort are to go. */
  public boolean endsLeavers() {
    return endsLeavers;
  }
}
