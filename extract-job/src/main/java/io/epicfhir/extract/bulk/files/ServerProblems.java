package io.epicfhir.extract.bulk.files;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The problems of a file's lines, each kind once with its number.
 *
 * @param kinds in the order in which they came
 */
public record ServerProblems(List<Kind> kinds) {
  static final ServerProblems NONE = new ServerProblems(List.of());

  /** A problem, and how many lines report it. */
  record Kind(ServerProblem problem, long lines) {}

  public ServerProblems {
    kinds = kinds == null ? List.of() : List.copyOf(kinds);
  }

  static ServerProblems of(Map<ServerProblem, Long> counted) {
    List<Kind> kinds = new ArrayList<>();
    counted.forEach((problem, lines) -> kinds.add(new Kind(problem, lines)));
    return new ServerProblems(kinds);
  }

  /** The lines by which data are missing. */
  long severe() {
    return kinds.stream().filter(k -> k.problem().severe()).mapToLong(Kind::lines).sum();
  }

  /** The lines by which data are missing and which nobody expects, by types and codes. */
  public Map<String, Long> unexpected(Collection<String> accepted) {
    return byKey(kinds.stream().filter(k -> !k.problem().isAccepted(accepted)).toList());
  }

  /** All lines by which data are missing, by types and codes. */
  public Map<String, Long> byKey() {
    return byKey(kinds.stream().filter(k -> k.problem().severe()).toList());
  }

  /**
   * The lines that leave open whether data are missing and that nobody accepts, by types and codes.
   */
  public Map<String, Long> doubts(Collection<String> accepted) {
    Map<String, Long> counts = new TreeMap<>();
    kinds.forEach(kind -> counts.merge(kind.problem().doubts(accepted), kind.lines(), Long::sum));
    counts.remove("");
    return counts;
  }

  /** Whether a type may lack something by one of them. */
  public boolean concern(String type) {
    return kinds.stream().anyMatch(kind -> kind.problem().concerns(type));
  }

  private static Map<String, Long> byKey(List<Kind> kinds) {
    Map<String, Long> counts = new TreeMap<>();
    kinds.forEach(kind -> counts.merge(kind.problem().key(), kind.lines(), Long::sum));
    return counts;
  }
}
