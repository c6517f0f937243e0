package io.epicfhir.transform.erase;

import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOutList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which records are of the same person: those that {@code Patient.link} joins, in either direction
 * and over any number of steps.
 */
final class Persons {
  private final Map<String, SortedSet<String>> byRecord = new HashMap<>();

  private Persons() {}

  /** The persons of some records, with all their other records. */
  static Persons of(Set<String> named, LakeRows rows) {
    Persons persons = new Persons();
    named.forEach(persons::add);
    Set<String> more = Set.copyOf(named);
    while (!more.isEmpty()) {
      Set<String> before = Set.copyOf(persons.byRecord.keySet());
      rows.patients()
          .links(new Mentions(before))
          .forEach(
              (record, others) -> others.forEach(other -> persons.join(record, other, before)));
      Set<String> now = new TreeSet<>(persons.byRecord.keySet());
      now.removeAll(before);
      more = now;
    }
    return persons;
  }

  private void add(String record) {
    byRecord.computeIfAbsent(record, r -> new TreeSet<>(Set.of(r)));
  }

  /** Links between records of whom nobody asked join nobody. */
  private void join(String record, String other, Set<String> known) {
    if (!known.contains(record) && !known.contains(other)) {
      return;
    }
    add(record);
    add(other);
    SortedSet<String> both = byRecord.get(record);
    both.addAll(byRecord.get(other));
    List.copyOf(both).forEach(one -> byRecord.put(one, both));
  }

  /** Every record. */
  Set<String> records() {
    return Set.copyOf(byRecord.keySet());
  }

  /** The persons with their identifiers. */
  List<OptOutList.Person> with(Map<String, Set<String>> identifiers) {
    Collection<SortedSet<String>> each = new TreeSet<>((a, b) -> a.first().compareTo(b.first()));
    each.addAll(byRecord.values());
    List<OptOutList.Person> persons = new ArrayList<>();
    for (SortedSet<String> records : each) {
      Set<String> names = new TreeSet<>();
      records.forEach(record -> names.addAll(identifiers.getOrDefault(record, Set.of())));
      persons.add(new OptOutList.Person(records, names));
    }
    return persons;
  }
}
