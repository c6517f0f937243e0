package io.epicfhir.extract.crawl.search;

import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.OutcomePolicy;
import io.epicfhir.extract.crawl.pages.SearchTally;
import io.epicfhir.extract.crawl.settings.Search;
import io.epicfhir.extract.crawl.settings.SearchPlan;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
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
public final class Units {
  private final List<String> patients = new ArrayList<>();
  private final SearchPlan plan;
  private final OutcomePolicy rules;
  private final Merges merges;
  private final Map<String, Integer> numbers = new HashMap<>();
  private boolean[] done;
  private final Map<Integer, Place> begun = new HashMap<>();
  private final Map<Integer, Set<String>> problems = new HashMap<>();
  private final Map<Integer, SearchTally> tallies = new HashMap<>();
  private final Map<Integer, String> said = new HashMap<>();
  private final BitSet found = new BitSet();
  private int doneCount;

  /** Where a search that is under way goes on. */
  record Place(String next, int page, int restart) {}

  public Units(List<String> patients, SearchPlan plan, OutcomePolicy rules, Merges merges) {
    this.plan = plan;
    this.rules = rules;
    this.merges = merges;
    this.done = new boolean[0];
    add(patients);
  }

  /** More patients, whose searches come after all others. */
  public synchronized void add(List<String> more) {
    for (String patient : more) {
      numbers.put(patient, patients.size());
      patients.add(patient);
    }
    done = Arrays.copyOf(done, Math.multiplyExact(patients.size(), plan.size()));
  }

  public synchronized List<String> patients() {
    return List.copyOf(patients);
  }

  public synchronized boolean has(String patient) {
    return numbers.containsKey(patient);
  }

  /** How many there are. */
  public synchronized int total() {
    return done.length;
  }

  public synchronized String patient(int unit) {
    return patients.get(unit / plan.size());
  }

  public Search search(int unit) {
    return plan.searches().get(unit % plan.size());
  }

  public synchronized int doneCount() {
    return doneCount;
  }

  synchronized boolean done(int unit) {
    return done[unit];
  }

  synchronized Optional<Place> place(int unit) {
    return Optional.ofNullable(begun.get(unit));
  }

  /** Takes in a page that is in the spool. */
  public synchronized void took(SpoolRecord record) {
    Optional<Search> search = plan.find(record.search());
    Integer patient = numbers.get(record.subject());
    if (record.end() == SpoolRecord.End.REFUSED && patient != null && !record.byReference()) {
      merges.add(record.subject(), record.next());
    }
    if (record.aside() || record.byReference() || search.isEmpty() || patient == null) {
      return; // of a search or a patient that is asked for no more: its resources are taken
    }
    int unit = patient * plan.size() + search.get().number();
    if (record.page() == 1) {
      problems.remove(unit);
    }
    Set<String> bad = rules.incomplete(codes(record, unit));
    if (!bad.isEmpty()) {
      problems.computeIfAbsent(unit, u -> new TreeSet<>()).addAll(bad);
    }
    boolean itself =
        record.entries().stream()
            .anyMatch(e -> e.type().equals(Merges.PATIENT) && e.id().equals(record.subject()));
    if (itself) {
      found.set(patient);
    }
    boolean over = record.end() != SpoolRecord.End.MORE;
    if (over) {
      begun.remove(unit);
    } else {
      begun.put(unit, new Place(record.next(), record.page(), record.restart()));
    }
    mark(unit, over);
  }

  /** The page's codes, and at the search's end the code of what is missing. */
  private List<OutcomeCode> codes(SpoolRecord record, int unit) {
    if (record.page() == 1) {
      tallies.remove(unit);
    }
    SearchTally tally = tallies.computeIfAbsent(unit, u -> new SearchTally());
    tally.took(record.entries(), record.total());
    if (record.end() == SpoolRecord.End.MORE) {
      return record.codes();
    }
    tallies.remove(unit);
    List<OutcomeCode> codes = new ArrayList<>(record.codes());
    if (record.end() == SpoolRecord.End.LAST) {
      tally.missing().ifPresent(codes::add);
    }
    return codes;
  }

  /**
   * What the server said when it refused the search, with the address and its id of the request.
   */
  synchronized void said(int unit, String text) {
    if (!text.isEmpty()) {
      said.put(unit, text);
    }
  }

  /** The request that the unit's last answer came to, which matters where it is incomplete. */
  synchronized void traced(int unit, String trace) {
    if (problems.containsKey(unit) && !trace.isEmpty()) {
      said.putIfAbsent(unit, "the answer to " + trace);
    }
  }

  /** What is known of the request of a refused search; empty where an earlier try sent it. */
  public synchronized String said(int unit) {
    return said.getOrDefault(unit, "");
  }

  private void mark(int unit, boolean now) {
    doneCount += (now ? 1 : 0) - (done[unit] ? 1 : 0);
    done[unit] = now;
  }

  /** What was refused by an earlier try, and is not accepted since, is asked for again. */
  public synchronized int reopen() {
    Set<Integer> again = new HashSet<>();
    problems.forEach(
        (unit, codes) -> {
          if (done[unit] && !rules.accepted(codes) && !settled(unit)) {
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

  /** All searches of a patient are asked for again, from their first page on. */
  public synchronized void again(String patient) {
    int first = numbers.get(patient) * plan.size();
    for (int unit = first; unit < first + plan.size(); unit++) {
      problems.remove(unit);
      begun.remove(unit);
      mark(unit, false);
    }
  }

  /** The units that the server refused, or answered with a code that means missing data. */
  public synchronized Map<Integer, Set<String>> problems() {
    return new HashMap<>(problems);
  }

  /**
   * Whether a refused search needs no attention: its patient was merged into one of the cohort,
   * whose searches bring the history, or into one whose records stay out.
   */
  public synchronized boolean settled(int unit) {
    return Merges.only(problems.getOrDefault(unit, Set.of()))
        && merges
            .survivor(patients.get(unit / plan.size()))
            .filter(survivor -> numbers.containsKey(survivor) || merges.staysOut(survivor))
            .isPresent();
  }

  /** Whether all searches of the type were answered in full for the patient. */
  synchronized boolean complete(String patient, String type) {
    Integer number = numbers.get(patient);
    return number != null
        && plan.of(type).stream()
            .mapToInt(search -> number * plan.size() + search.number())
            .allMatch(unit -> done[unit] && !problems.containsKey(unit));
  }

  /**
   * Patients whose own searches of Patient were answered in full, and brought nobody of the id, nor
   * is it known that they were merged; none where the plan does not ask for all Patients.
   */
  public synchronized long withoutPatient() {
    List<Search> own = plan.of(Merges.PATIENT);
    if (own.isEmpty() || own.stream().anyMatch(search -> !search.narrowed().isEmpty())) {
      return 0;
    }
    return patients.stream()
        .filter(patient -> !found.get(numbers.get(patient)) && complete(patient, Merges.PATIENT))
        .filter(patient -> merges.survivor(patient).isEmpty())
        .count();
  }

  /** The patients of whom everything was answered in full. */
  public synchronized List<String> completePatients() {
    Set<Integer> bad = new HashSet<>();
    problems.keySet().forEach(unit -> bad.add(unit / plan.size()));
    for (int unit = 0; unit < done.length; unit++) {
      if (!done[unit]) {
        bad.add(unit / plan.size());
      }
    }
    return patients.stream().filter(p -> !bad.contains(numbers.get(p))).toList();
  }
}
