package io.epicfhir.transform.erase;

import io.epicfhir.common.optout.FhirTypes;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOuts;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The way from patients to all that is theirs. */
final class RelatedResources {
  /** Of these types a resource that only a patient's resources refer to is about the patient. */
  private static final Set<String> OF_ONE_PATIENT =
      Set.of(
          "Account",
          "Binary",
          "BodyStructure",
          "Claim",
          "ClaimResponse",
          "Coverage",
          "DocumentManifest",
          "DocumentReference",
          "EpisodeOfCare",
          "ExplanationOfBenefit",
          "ImagingStudy",
          "Media",
          "Observation",
          "QuestionnaireResponse",
          "RelatedPerson",
          "ServiceRequest",
          "Specimen",
          "Task");

  private final Dataset<Row> current;
  private final Dataset<Row> landed;

  private final OptOuts listed;
  private final Mentions patients;
  private final Mentions first;
  private final Set<String> shared = new TreeSet<>();

  /**
   * @param current what silver has
   * @param landed every version that bronze has
   * @param identifiers of the patients, by which others may refer to them
   */
  RelatedResources(
      Dataset<Row> current,
      Dataset<Row> landed,
      OptOuts listed,
      Set<String> patients,
      Set<String> identifiers) {
    this.listed = listed;
    this.patients = new Mentions(patients);
    this.first = new Mentions(patients, identifiers);
    this.current = current;
    this.landed = landed;
  }

  Set<String> all() {
    Set<String> all = new TreeSet<>(patients.keys());
    if (!listed.isEmpty()) {
      Set<String> left = LakeRows.listed(current, listed);
      all.addAll(own(together(left, LakeRows.listed(landed, listed))));
    }
    Set<String> frontier = Set.copyOf(all);
    while (!frontier.isEmpty()) {
      Mentions named = all.equals(frontier) ? beginning(all) : new Mentions(frontier);
      Set<String> found = LakeRows.naming(current, named);
      found = own(together(found, LakeRows.naming(landed, named)));
      found.addAll(onlyNamedBy(all, found));
      found.removeAll(all);
      all.addAll(found);
      frontier = Set.copyOf(found);
    }
    return all;
  }

  /** What names the patients, also by an identifier, or what an earlier try has left. */
  private Mentions beginning(Set<String> all) {
    return new Mentions(all, first.identifiers());
  }

  /** What is about others, too, or serves many: it goes, and what refers to it stays. */
  Set<String> shared() {
    return Set.copyOf(shared);
  }

  /** What silver has now decides; older rows only of what it does not have. */
  private Set<String> together(Set<String> now, Set<String> everLanded) {
    Set<String> earlier = new TreeSet<>(everLanded);
    earlier.removeAll(now);
    if (!earlier.isEmpty()) {
      earlier.removeAll(LakeRows.keys(LakeRows.of(current, new Mentions(earlier))));
    }
    earlier.addAll(now);
    return earlier;
  }

  /** Without what names another patient, too, or serves many; that is kept aside. */
  private Set<String> own(Set<String> found) {
    Set<String> own = new TreeSet<>(found);
    if (!own.isEmpty()) {
      Set<String> others =
          LakeRows.namingOthers(LakeRows.of(current.union(landed), new Mentions(own)), patients);
      own.stream().filter(key -> FhirTypes.isShared(type(key))).forEach(others::add);
      others.removeAll(patients.keys());
      shared.addAll(others);
      own.removeAll(others);
    }
    return own;
  }

  /** What the resources refer to and no other does, and what is nobody else's. */
  private Set<String> onlyNamedBy(Set<String> known, Set<String> found) {
    Set<String> all = new TreeSet<>(known);
    all.addAll(found);
    Mentions mine = new Mentions(all);
    Set<String> candidates = new TreeSet<>();
    // Earlier versions and deleted ones, too: an amended document had another Binary.
    LakeRows.of(current.union(landed), mine)
        .toLocalIterator()
        .forEachRemaining(row -> candidates.addAll(Mentions.keysIn(row.getString(2))));
    candidates.removeIf(key -> all.contains(key) || !OF_ONE_PATIENT.contains(type(key)));
    if (candidates.isEmpty()) {
      return candidates;
    }
    Mentions wanted = new Mentions(candidates);
    FilterFunction<Row> others =
        row ->
            !mine.has(row.getString(0), row.getString(1))
                && !wanted.has(row.getString(0), row.getString(1))
                && wanted.in(row.getString(2));
    for (Row other : current.filter(others).collectAsList()) {
      candidates.removeAll(Mentions.keysIn(other.getString(2)));
    }
    Mentions left = new Mentions(candidates);
    candidates.removeAll(LakeRows.namingOthers(LakeRows.of(current.union(landed), left), patients));
    return candidates;
  }

  private static String type(String key) {
    return key.substring(0, key.indexOf('/'));
  }
}
