package io.epicfhir.transform.erase;

import io.epicfhir.common.Json;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Everything that is about some patients: their records, also under ids that were merged with
 * theirs; what names one of these, or names such a resource in turn; and what only these refer to,
 * of the types that are about one patient.
 *
 * @param persons each with all records and identifiers
 * @param patients the persons' records, as {@code Patient/id}
 * @param resources all of it, the patients too, as {@code Type/id}
 * @param shared what is about other patients, too (a group, a list, an account): it goes, and what
 *     refers to it stays
 * @param known of how many of the patients bronze has a record
 * @param unknown how many of the named are nobody that the lake knows
 */
record ErasedResources(
    List<OptOutList.Person> persons,
    Set<String> patients,
    Set<String> resources,
    Set<String> shared,
    long known,
    long unknown) {
  private static final String PATIENT = "Patient";

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

  /** Whether the lake knows none of the named, nor anything of theirs. */
  boolean isNobody() {
    return known == 0 && resources.size() == patients.size();
  }

  /** How many there are, by type. */
  Map<String, Long> byType() {
    Map<String, Long> counts = new TreeMap<>();
    Stream.concat(resources.stream(), shared.stream())
        .forEach(key -> counts.merge(key.substring(0, key.indexOf('/')), 1L, Long::sum));
    return counts;
  }

  /** What names them. */
  Mentions mentions() {
    return new Mentions(resources);
  }

  /**
   * Finds all of it.
   *
   * @param listed who is on the list already: an erasure that broke off has left their rest
   */
  static ErasedResources of(NamedPatients named, LakeRows rows, OptOuts listed) {
    Set<String> patients = new TreeSet<>();
    named.ids().forEach(id -> patients.add(PATIENT + "/" + id));
    Set<String> byIdentifier = rows.patientsBy(named.identifiers());
    patients.addAll(byIdentifier);
    Persons persons = Persons.of(patients, rows);
    patients.addAll(persons.records());
    Map<String, Set<String>> identifiers = rows.identifiersOf(new Mentions(patients));
    Search search = new Search(rows, listed, patients);
    Set<String> resources = search.all();
    Set<String> known = LakeRows.keys(LakeRows.of(rows.landed(), new Mentions(patients)));
    Set<String> hers = new TreeSet<>();
    identifiers.values().forEach(hers::addAll);
    long unknown =
        named.ids().stream().filter(id -> !known.contains(PATIENT + "/" + id)).count()
            + named.identifiers().stream().filter(i -> !hers.contains(i)).count();
    return new ErasedResources(
        persons.with(identifiers), patients, resources, search.shared, known.size(), unknown);
  }

  /** The way from patients to all that is theirs. */
  private static final class Search {
    private final Dataset<Row> current;
    private final Dataset<Row> landed;

    private final OptOuts listed;
    private final Set<String> patients;
    private final Set<String> shared = new TreeSet<>();

    Search(LakeRows rows, OptOuts listed, Set<String> patients) {
      this.listed = listed;
      this.patients = Set.copyOf(patients);
      this.current = rows.current();
      this.landed = rows.landed();
    }

    Set<String> all() {
      Set<String> all = new TreeSet<>(patients);
      if (!listed.isEmpty()) {
        Set<String> left = LakeRows.listed(current, listed);
        all.addAll(own(together(left, LakeRows.listed(landed, listed))));
      }
      Set<String> frontier = Set.copyOf(all);
      while (!frontier.isEmpty()) {
        Mentions named = new Mentions(frontier);
        Set<String> found = LakeRows.naming(current, named);
        found = own(together(found, LakeRows.naming(landed, named)));
        found.addAll(onlyNamedBy(all, found));
        found.removeAll(all);
        all.addAll(found);
        frontier = Set.copyOf(found);
      }
      return all;
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

    /** Without what names another patient, too; that is kept aside. */
    private Set<String> own(Set<String> found) {
      Set<String> own = new TreeSet<>(found);
      if (!own.isEmpty()) {
        Set<String> others =
            LakeRows.namingOthers(LakeRows.of(current.union(landed), new Mentions(own)), patients);
        others.removeAll(patients);
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
      LakeRows.of(current, mine)
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
      for (Row one : LakeRows.of(current, new Mentions(candidates)).collectAsList()) {
        boolean elsewhere =
            Mentions.keysIn(one.getString(2)).stream()
                .anyMatch(key -> type(key).equals(PATIENT) && !patients.contains(key));
        if (elsewhere) {
          candidates.remove(one.getString(0) + "/" + one.getString(1));
        }
      }
      return candidates;
    }

    private static String type(String key) {
      return key.substring(0, key.indexOf('/'));
    }
  }

  @Override
  public String toString() {
    return "ErasedResources" + Json.write(byType()); // no id where somebody logs it
  }
}
