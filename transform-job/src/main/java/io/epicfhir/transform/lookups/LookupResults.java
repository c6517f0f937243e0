package io.epicfhir.transform.lookups;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What became of the lookups in a run.
 *
 * @param done those that are what their files say
 * @param failed why others keep their last good table
 * @param lastGood the tables of those, where they have one
 * @param changed what somebody else did to tables that were rebuilt for it
 */
public record LookupResults(
    Map<String, Done> done,
    Map<String, String> failed,
    Map<String, LookupState> lastGood,
    Map<String, String> changed) {

  static LookupResults empty() {
    return new LookupResults(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
  }

  /**
   * A lookup that is what its file says.
   *
   * @param rebuilt whether this run built it
   */
  public record Done(LookupState state, boolean rebuilt) {}

  /** The table that joined tables can go on with, if there is one. */
  public Optional<LookupState> table(String name) {
    return done.containsKey(name)
        ? Optional.of(done.get(name).state())
        : Optional.ofNullable(lastGood.get(name));
  }

  /** Whether there is a file for it, good or not. */
  public boolean isKnown(String name) {
    return done.containsKey(name) || failed.containsKey(name);
  }
}
