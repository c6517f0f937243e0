package io.epicfhir.transform.erase;

import io.epicfhir.common.optout.Mentions;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whose each of the erased resources is: of the patients that it names, of the owners of what it
 * names, and where that is nobody, of those that name it. So one patient's data come back where
 * another one, who was erased by the same list, stays out.
 */
final class Owners {
  private final Map<String, Set<String>> owners = new TreeMap<>();
  private final Map<String, Set<String>> names = new TreeMap<>();

  private Owners() {}

  /** Of these resources the patients' records; all of them if nothing shows which. */
  static Map<String, Set<String>> of(Set<String> resources, Set<String> patients, LakeRows rows) {
    Owners all = new Owners();
    resources.forEach(one -> all.owners.put(one, new TreeSet<>()));
    patients.forEach(one -> all.owners.put(one, new TreeSet<>(Set.of(one))));
    LakeRows.of(rows.current().union(rows.landed()), new Mentions(resources))
        .toLocalIterator()
        .forEachRemaining(
            row -> all.read(row.getString(0) + "/" + row.getString(1), row.getString(2)));
    all.spread(patients);
    all.owners.keySet().removeAll(patients);
    all.owners.replaceAll((one, found) -> found.isEmpty() ? patients : found);
    return all.owners;
  }

  private void read(String key, String text) {
    Set<String> named = Mentions.keysIn(text);
    named.retainAll(owners.keySet());
    names.computeIfAbsent(key, k -> new TreeSet<>()).addAll(named);
  }

  private void spread(Set<String> patients) {
    names.keySet().removeAll(patients); // a link makes nobody the owner of another's record
    while (forward()) {}
    Set<String> without = new TreeSet<>();
    owners.forEach((one, found) -> without.addAll(found.isEmpty() ? Set.of(one) : Set.of()));
    while (backward(without)) {}
  }

  private boolean forward() {
    boolean more = false;
    for (Map.Entry<String, Set<String>> one : names.entrySet()) {
      for (String named : one.getValue()) {
        more |= owners.get(one.getKey()).addAll(Set.copyOf(owners.get(named)));
      }
    }
    return more;
  }

  private boolean backward(Set<String> without) {
    boolean more = false;
    for (Map.Entry<String, Set<String>> one : names.entrySet()) {
      for (String named : one.getValue()) {
        more |=
            without.contains(named)
                && owners.get(named).addAll(Set.copyOf(owners.get(one.getKey())));
      }
    }
    return more;
  }
}
