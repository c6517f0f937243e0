package io.epicfhir.load.quality;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The checks of a folder, and what became of each: the map that stands under {@code quality} in the
 * run report. One that could not run says why, and never counts as passed.
 */
public final class QualityChecks {
  public static final String STATE = "state";
  public static final String PASSED = "passed";
  public static final String EXCEEDED = "exceeded";
  static final String COULD_NOT_RUN = "could_not_run";
  static final String OFF = "off";

  /** The subject of what concerns no single check. */
  private static final String ALL = "all";

  /** Runs one check. */
  public interface Runner {
    /** State, rows and the rest. */
    public Map<String, Object> run(QualityCheck check);
  }

  private final QualitySettings settings;

  public QualityChecks(QualitySettings settings) {
    this.settings = settings;
  }

  /** By check, its result. */
  public Map<String, Map<String, Object>> run(Runner runner) {
    Map<String, Map<String, Object>> results = new LinkedHashMap<>();
    List<Path> files;
    try {
      files = files();
    } catch (IOException e) {
      return Map.of(
          ALL,
          failed(
              "load.quality.folder cannot be read: "
                  + settings.folder()
                  + "; check that it exists and that the job may read it"));
    }
    for (Path file : files) {
      String name = file.getFileName().toString().replaceFirst("\\.sql$", "");
      results.put(name, result(name, file, runner));
    }
    for (String strange : new TreeSet<>(settings.overrides().keySet())) {
      results.computeIfAbsent(
          strange,
          n ->
              failed(
                  "load.quality.overrides names this check, but load.quality.folder has no file "
                      + n
                      + ".sql; correct the name, or remove the override"));
    }
    if (files.isEmpty()) {
      results.put(
          ALL,
          failed(
              "load.quality.folder has no .sql file: "
                  + settings.folder()
                  + "; correct the setting, or turn the checks off (load.quality.enabled = false)"));
    }
    return results;
  }

  private Map<String, Object> result(String name, Path file, Runner runner) {
    List<String> words = settings.overrides().getOrDefault(name, List.of());
    if (words.contains(OFF)) {
      return new LinkedHashMap<>(Map.of(STATE, OFF));
    }
    try {
      QualityCheck check = QualityCheck.parse(name, Files.readString(file)).with(words);
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("title", check.title());
      result.put("category", check.category().name().toLowerCase(Locale.ROOT));
      result.put("severity", check.severity().name().toLowerCase(Locale.ROOT));
      result.putAll(runner.run(check));
      return result;
    } catch (QualityCheck.Unusable e) {
      return failed(file.getFileName() + ": " + e.getMessage());
    } catch (MalformedInputException e) {
      return failed(file.getFileName() + " is not UTF-8");
    } catch (IOException e) {
      return failed(file.getFileName() + " cannot be read");
    }
  }

  public static Map<String, Object> failed(String reason) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put(STATE, COULD_NOT_RUN);
    result.put("reason", reason);
    return result;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(settings.folder())) {
      return files.filter(f -> f.getFileName().toString().endsWith(".sql")).sorted().toList();
    }
  }
}
