package io.epicfhir.extract.crawl;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where each search of each patient stands. A unit is one search of one patient, numbered patient
 * by patient.
 */
final class Units {
  private final List<String> patients;
  private final SearchPlan plan;
  private final Problems rules;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final boolean[] done;
  private final Map<Integer, Place> begun = new HashMap<>();
  private final Map<Integer, Set<String>> problems = new HashMap<>();
  private int doneCount;

  /** Where a search that is under way goes on. */
  record Place(String next, int page, int restart) {}

  Units(List<String> patients, SearchPlan plan, Problems rules) {
    this.patients = patients;
    this.plan = plan;
    this.rules = rules;
    this.done = new boolean[Math.multiplyExact(patients.size(), plan.size())];
    for (int i = 0; i < patients.size(); i++) {
      numbers.put(patients.get(i), i);
    }
  }

  /** How many there are. */
  int total() {
    return done.length;
  }

  String patient(int unit) {
    return patients.get(unit / plan.size());
  }

  Search search(int unit) {
    return plan.searches().get(unit % plan.size());
  }

  synchronized int doneCount() {
    return doneCount;
  }

  synchronized boolean done(int unit) {
    return done[unit];
  }

  synchronized Optional<Place> place(int unit) {
    return Optional.ofNullable(begun.get(unit));
  }

  /** Takes in a page that is in the spool. */
  synchronized void took(SpoolRecord record) {
    Optional<Search> search = plan.find(record.search());
    Integer patient = numbers.get(record.subject());
    if (record.aside() || record.byReference() || search.isEmpty() || patient == null) {
      return; // of a search or a patient that is asked for no more: its resources are taken
    }
    int unit = patient * plan.size() + search.get().number();
    if (record.page() == 1) {
      problems.remove(unit);
    }
    Set<String> bad = rules.of(record.codes());
    if (!bad.isEmpty()) {
      problems.computeIfAbsent(unit, u -> new TreeSet<>()).addAll(bad);
    }
    boolean over = record.end() != SpoolRecord.End.MORE;
    if (over) {
      begun.remove(unit);
    } else {
      begun.put(unit, new Place(record.next(), record.page(), record.restart()));
    }
    mark(unit, over);
  }

  private void mark(int unit, boolean now) {
    doneCount += (now ? 1 : 0) - (done[unit] ? 1 : 0);
    done[unit] = now;
  }

  /** What was refused by an earlier try, and is not accepted since, is asked for again. */
  synchronized int reopen() {
    Set<Integer> again = new HashSet<>();
    problems.forEach(
        (unit, codes) -> {
          if (done[unit] && !rules.accepted(codes)) {
            again.add(unit);
          }
        });
    again.forEach(
        unit -> {
          problems.remove(unit);
          mark(unit, false);
        });
    return again.size();
  }

  /** The units that the server refused, or answered with a code that means missing data. */
  synchronized Map<Integer, Set<String>> problems() {
    return new HashMap<>(problems);
  }

  /** Whether all searches of the type were answered in full for the patient. */
  synchronized boolean complete(String patient, String type) {
    Integer number = numbers.get(patient);
    return number != null
        && plan.of(type).stream()
            .mapToInt(search -> number * plan.size() + search.number())
            .allMatch(unit -> done[unit] && !problems.containsKey(unit));
  }

  /** The patients of whom everything was answered in full. */
  synchronized List<String> completePatients() {
    Set<Integer> bad = new HashSet<>();
    problems.keySet().forEach(unit -> bad.add(unit / plan.size()));
    return patients.stream().filter(p -> !bad.contains(numbers.get(p))).toList();
  }
}
