package io.epicfhir.transform.joined;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * What became of the joined tables in a run.
 *
 * @param done those that are what their SQL gives
 * @param failed why others keep their last good rows
 * @param changed what somebody else did to tables that were rebuilt for it
 */
public record JoinedResults(
    Map<String, Done> done, Map<String, String> failed, Map<String, String> changed) {

  /** What a run did to a table. */
  public enum Built {
    /** No commit. */
    NONE,
    /** The rows of some keys were replaced. */
    KEYS,
    /** All rows were. */
    WHOLE
  }

  /**
   * A table that is what its SQL gives.
   *
   * @param touched how many keys were computed
   * @param changed of how many of them the rows were replaced
   */
  public record Done(JoinedState state, Built built, long touched, long changed, double seconds) {}

  /** None. */
  public static JoinedResults empty() {
    return new JoinedResults(
        new ConcurrentSkipListMap<>(),
        new ConcurrentSkipListMap<>(),
        new ConcurrentSkipListMap<>());
  }
}
