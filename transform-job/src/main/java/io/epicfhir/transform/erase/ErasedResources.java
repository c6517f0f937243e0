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

/**
 * Everything that is about some patients: their records, also under ids that were merged with
 * theirs; what names one of these, or names such a resource in turn; and what only these refer to,
 * of the types that are about one patient.
 *
 * @param persons each with all records and identifiers
 * @param patients the persons' records, as {@code Patient/id}
 * @param resources all of it, the patients too, as {@code Type/id}
 * @param owners of each of the resources, the patients', as their records
 * @param shared what is about other patients, too (a group, a list, an account): it goes, and what
 *     refers to it stays
 * @param moved what became a listed patient's after another patient's record had it: it goes as
 *     what is shared, and from bronze, too
 * @param known of how many of the patients bronze has a record
 * @param unknown how many of the listed ids and identifiers match no patient in the lake
 */
record ErasedResources(
    List<OptOutList.Person> persons,
    Set<String> patients,
    Set<String> resources,
    Map<String, Set<String>> owners,
    Set<String> shared,
    MovedResources moved,
    long known,
    long unknown) {
  private static final String PATIENT = "Patient";

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
    Set<String> names = new TreeSet<>();
    persons.forEach(person -> names.addAll(person.names()));
    return new Mentions(resources, names);
  }

  /**
   * Finds all of it.
   *
   * @param listed who is on the list already: an erasure that broke off has left their rest
   * @param moved what became a listed patient's
   */
  static ErasedResources of(
      NamedPatients named, LakeRows rows, OptOuts listed, MovedResources moved) {
    Set<String> patients = new TreeSet<>();
    named.ids().forEach(id -> patients.add(PATIENT + "/" + id));
    Set<String> byIdentifier = rows.patients().by(named.identifiers());
    patients.addAll(byIdentifier);
    Persons persons = Persons.of(patients, rows);
    patients.addAll(persons.records());
    Map<String, Set<String>> identifiers = rows.patients().identifiersOf(new Mentions(patients));
    Set<String> hers = new TreeSet<>();
    identifiers.values().forEach(hers::addAll);
    RelatedResources related =
        new RelatedResources(rows.current(), rows.landed(), listed, patients, hers);
    Set<String> resources = related.all();
    Set<String> shared = new TreeSet<>(related.shared());
    shared.addAll(moved.keys());
    shared.removeAll(resources);
    Set<String> known = LakeRows.keys(LakeRows.of(rows.landed(), new Mentions(patients)));
    long unknown =
        named.ids().stream().filter(id -> !known.contains(PATIENT + "/" + id)).count()
            + named.identifiers().stream().filter(i -> !hers.contains(i)).count();
    return new ErasedResources(
        persons.with(identifiers),
        patients,
        resources,
        Owners.of(resources, patients, rows),
        shared,
        moved,
        known.size(),
        unknown);
  }

  @Override
  public String toString() {
    return "ErasedResources" + Json.write(byType()); // no id where somebody logs it
  }
}
