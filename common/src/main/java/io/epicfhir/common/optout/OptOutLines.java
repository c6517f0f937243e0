package io.epicfhir.common.optout;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/**
 * The list as text. It has a first and a last line, which says how many are between: else those
 * whose lines are lost would come back. Lists of earlier releases have neither.
 */
final class OptOutLines {
  private static final String FIRST = "# opt-outs 2";
  private static final String LAST = "# lines: ";

  private OptOutLines() {}

  static String of(Map<String, String> entries) {
    return entries.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey() + "\n")
        .collect(Collectors.joining("", FIRST + "\n", LAST + entries.size() + "\n"));
  }

  /**
   * Entries by hash.
   *
   * @param hasKey whether there is a key: then there was a list
   * @throws JobException {@link ExitCode#STORAGE} where a part of it is not there
   */
  static Map<String, String> read(String text, boolean hasKey, Path file) {
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() && hasKey) {
      throw unreadable(file, "it is missing or empty, although key.txt exists");
    }
    List<String> between = lines;
    if (!lines.isEmpty() && lines.get(0).equals(FIRST)) {
      between = lines.subList(1, Math.max(1, lines.size() - 1));
      if (!lines.get(lines.size() - 1).equals(LAST + between.size())) {
        throw unreadable(file, "it is incomplete");
      }
    }
    Map<String, String> entries = new TreeMap<>();
    for (String line : between) {
      String[] words = line.split(" ", -1);
      if (words.length != 2) {
        throw unreadable(file, "it is damaged");
      }
      entries.put(words[1], words[0]);
    }
    return entries;
  }

  private static JobException unreadable(Path file, String why) {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot read "
            + file
            + ": "
            + why
            + "; restore it from a backup: it lists the patients whose records stay out. If no patient is to"
            + " stay out, delete the folder state/opt-outs");
  }
}
