package io.epicfhir.extract.preflight;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.preflight.Finding.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What a preflight has found, in the order of its tries. */
public final class Findings {
  private final List<Finding> all = new ArrayList<>();

  /** Notes a finding. */
  public void add(String what, State state, String says) {
    all.add(new Finding(what, state, says));
  }

  /**
   * Tries something that the pipeline needs; where it fails, the failure's own message is the
   * finding.
   *
   * @return what came of it; empty where it failed
   */
  public <T> Optional<T> attempt(String what, Supplier<T> trying) {
    return attempt(what, State.FAILS, trying);
  }

  /** The same, for what the pipeline can do without where {@code otherwise} is LIMITED. */
  public <T> Optional<T> attempt(String what, State otherwise, Supplier<T> trying) {
    try {
      return Optional.of(trying.get());
    } catch (JobException e) {
      add(what, otherwise, e.getMessage());
      return Optional.empty();
    }
  }

  /** All of them. */
  public List<Finding> all() {
    return List.copyOf(all);
  }

  /** How many do not work, or could not be tried. */
  public long bad() {
    return all.stream()
        .filter(f -> f.state() == State.FAILS || f.state() == State.NOT_TRIED)
        .count();
  }

  /** As the run report keeps them. */
  public List<Map<String, String>> rows() {
    return all.stream()
        .map(f -> Map.of("what", f.what(), "state", f.state().word(), "says", f.says()))
        .toList();
  }

  /** The table, for people. */
  public String table() {
    int width = all.stream().mapToInt(f -> f.what().length()).max().orElse(0);
    StringBuilder table = new StringBuilder();
    for (Finding finding : all) {
      table
          .append(pad(finding.what(), width))
          .append("  ")
          .append(pad(finding.state().word(), 9))
          .append("  ")
          .append(finding.says())
          .append('\n');
    }
    return table.toString();
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
