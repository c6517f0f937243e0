package io.epicfhir.common.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValue;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keys of a settings file that nothing reads. A mistyped key would otherwise leave its setting as
 * it was, and nobody would know.
 */
final class UnknownKeys {
  private final Collection<String> known;
  private final String shipped;

  /**
   * @param known the keys that somebody reads; what is below one of them is read, too
   * @param shipped the file of {@code conf} that has all keys
   */
  UnknownKeys(Collection<String> known, String shipped) {
    this.known = known;
    this.shipped = shipped;
  }

  /**
   * A problem for each key of a block that nobody reads, in their order in the alphabet.
   *
   * @param prefix of the block's keys, with its dot; empty for the whole file
   */
  List<String> problems(Config block, String prefix) {
    return block.entrySet().stream()
        .filter(entry -> !isKnown(entry.getKey()))
        .sorted(Map.Entry.comparingByKey())
        .map(entry -> problem(prefix, entry.getKey(), entry.getValue()))
        .toList();
  }

  private boolean isKnown(String key) {
    return known.stream().anyMatch(name -> key.equals(name) || key.startsWith(name + "."));
  }

  private String problem(String prefix, String key, ConfigValue value) {
    String meant =
        closest(key)
            .map(name -> "did you mean " + prefix + name + "?")
            .orElse("see conf/" + shipped + " for the list of keys");
    return "  "
        + prefix
        + key
        + " is not a setting ("
        + value.origin().description()
        + "): "
        + meant;
  }

  /** The key that differs by the fewest letters, if those are two, or a third of it. */
  private Optional<String> closest(String key) {
    return known.stream()
        .filter(name -> distance(key, name) <= Math.max(2, name.length() / 3))
        .min(
            Comparator.comparingInt((String name) -> distance(key, name))
                .thenComparing(name -> name));
  }

  /** Of a name that stands for a block, only as many parts of the key count. */
  private static int distance(String key, String name) {
    String[] parts = key.split("\\.", -1);
    int count = Math.min(parts.length, name.split("\\.", -1).length);
    return Edits.between(String.join(".", List.of(parts).subList(0, count)), name);
  }
}
