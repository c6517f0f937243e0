package io.epicfhir.common.optout;

import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** How persons come onto the list, and leave it: the list's entries by hash are changed. */
final class OptOutPersons {
  private final Map<String, String> entries;
  private final KeyedHashes hasher;

  OptOutPersons(Map<String, String> entries, KeyedHashes hasher) {
    this.entries = entries;
    this.hasher = hasher;
  }

  /**
   * Puts persons on it.
   *
   * @param resources by {@code Type/id}, the records of the persons it belongs to
   */
  void add(Collection<OptOutList.Person> persons, Map<String, Set<String>> resources) {
    Map<String, String> byRecord = new TreeMap<>();
    for (OptOutList.Person person : persons) {
      String own = known(person);
      person.records().forEach(record -> byRecord.put(record, own));
      person.records().forEach(r -> hasher.ofResource(r).forEach(h -> entries.put(h, own)));
      person.names().forEach(name -> entries.putIfAbsent(hasher.of(name), own));
    }
    resources.forEach(
        (resource, records) -> {
          Set<String> owners = new TreeSet<>();
          records.forEach(record -> owners.add(byRecord.get(record)));
          String theirs = OptOutEntry.theirs(owners);
          hasher
              .ofResource(resource)
              .forEach(hash -> entries.merge(hash, theirs, OptOutEntry::both));
        });
  }

  /**
   * A second try may know fewer of the person's records than the first. Only records identify a
   * person: two persons may share an identifier.
   */
  private String known(OptOutList.Person person) {
    return person.records().stream()
        .map(name -> entries.get(hasher.of(name)))
        .filter(other -> other != null && OptOutEntry.isPerson(other))
        .findFirst()
        .orElseGet(() -> hasher.of("person " + person.records().first()));
  }

  /** The hashes of these persons' records, names and resources. */
  Set<String> of(Collection<OptOutList.Person> persons) {
    Set<String> records = new HashSet<>();
    Set<String> all = new HashSet<>();
    for (OptOutList.Person person : persons) {
      person.records().forEach(record -> records.addAll(hasher.ofResource(record)));
      person.names().forEach(name -> all.add(hasher.of(name)));
    }
    Set<String> owners = new HashSet<>();
    records.forEach(hash -> owners.add(entries.getOrDefault(hash, OptOutEntry.LEARNED)));
    entries.forEach(
        (hash, entry) -> {
          if (OptOutEntry.isOf(entry, owners)) {
            all.add(hash);
          }
        });
    all.addAll(records);
    return all;
  }

  /**
   * Takes persons off it.
   *
   * @param names of the persons: resources as {@code Type/id}, or other names
   * @return how many of the names were on the list
   */
  int remove(Collection<String> names) {
    int found = 0;
    Set<String> persons = new HashSet<>();
    for (String name : names) {
      String person = entries.get(hasher.of(name));
      if (OptOutEntry.LEARNED.equals(person)) {
        found++; // a merge that the hospital has undone
        entries.keySet().removeAll(hasher.ofResource(name));
      } else if (person != null && OptOutEntry.isPerson(person)) {
        persons.add(person);
        found++;
      }
    }
    if (!persons.isEmpty()) {
      entries.replaceAll((hash, entry) -> OptOutEntry.without(entry, persons));
      entries.values().removeIf(String::isEmpty);
      if (entries.values().stream().noneMatch(OptOutEntry::isPerson)) {
        entries.values().removeIf(OptOutEntry.MOVED::equals);
      }
    }
    return found;
  }
}
