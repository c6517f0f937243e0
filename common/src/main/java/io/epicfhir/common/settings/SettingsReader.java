package io.epicfhir.common.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import io.epicfhir.common.DurationText;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads the values of one block and collects what is wrong with them, so that a person sees all
 * problems at once; a key of the block that was not asked for is a problem, too. A value that
 * cannot be read is returned as an empty stand-in; {@link #check} must be called before any is
 * used.
 */
public final class SettingsReader {
  private final SettingsFile file;
  private final String prefix;
  private final List<String> problems = new ArrayList<>();
  private final Set<String> asked = new TreeSet<>();
  private boolean whole = true;

  SettingsReader(SettingsFile file, String block) {
    this.file = file;
    this.prefix = block.isEmpty() ? "" : block + ".";
  }

  /** Names keys of the block that another reader reads. */
  public SettingsReader except(String... keys) {
    asked.addAll(List.of(keys));
    return this;
  }

  /** Reads only some keys of a block that another reader owns. */
  public SettingsReader partly() {
    whole = false;
    return this;
  }

  /** Whether the file sets a key; keys added later have defaults. */
  public boolean has(String key) {
    asked.add(key);
    return config().hasPath(prefix + key);
  }

  /** Whether the file says {@code key = null}, which is not the same as not to have the key. */
  public boolean isNull(String key) {
    String path = prefix + key;
    return config().hasPathOrNull(path) && config().getIsNull(path);
  }

  /** A text that must be there and not blank. */
  public String text(String key) {
    String value = read(key, Config::getString, "", "a string");
    if (value.isBlank() && config().hasPath(prefix + key)) {
      problem(key, "\"\"", "a string that is not empty");
    }
    return value;
  }

  /** A text that may be absent or empty. */
  public Optional<String> optionalText(String key) {
    asked.add(key);
    if (!config().hasPath(prefix + key)) {
      return Optional.empty();
    }
    return Optional.of(read(key, Config::getString, "", "a string")).filter(t -> !t.isBlank());
  }

  /**
   * A list of texts, in HOCON or as one comma-separated text (which is what an environment variable
   * can hold).
   */
  public List<String> texts(String key) {
    return read(key, HoconValues::texts, List.of(), "a list of strings");
  }

  /** A list of texts that may hold commas. */
  public List<String> list(String key) {
    return read(key, Config::getStringList, List.of(), "a list of strings");
  }

  /** A table of lists of texts, by name; a name whose list is one text may have it bare. */
  public Map<String, List<String>> table(String key) {
    ConfigObject rows = read(key, Config::getObject, null, "a table");
    return rows == null ? Map.of() : HoconValues.table(rows);
  }

  /** A whole number within bounds. */
  public int number(String key, int min, int max) {
    int value = read(key, Config::getInt, min, "a whole number");
    if (value < min || value > max) {
      problem(key, String.valueOf(value), "a whole number " + HoconValues.range(min, max));
    }
    return value;
  }

  /** A decimal number within bounds. */
  public double fraction(String key, double min, double max) {
    double value = read(key, Config::getDouble, min, "a number");
    if (!(value >= min && value <= max && Double.isFinite(value))) {
      problem(key, String.valueOf(value), "a number " + HoconValues.range(min, max));
    }
    return value;
  }

  /** True or false. */
  public boolean flag(String key) {
    return read(key, Config::getBoolean, false, "true or false");
  }

  /** A duration such as {@code 30 seconds}. */
  public Duration duration(String key) {
    Duration value =
        read(key, Config::getDuration, Duration.ZERO, "a duration such as \"30 seconds\"");
    if (value.isNegative()) {
      problem(key, DurationText.of(value), "a duration that is not negative");
    }
    return value;
  }

  /** A size in bytes from a text such as {@code 128 MiB}. */
  public long bytes(String key) {
    return read(key, Config::getBytes, 0L, "a size such as \"128 MiB\"");
  }

  /** One of an enum's names in lower case with dashes. */
  public <E extends Enum<E>> E choice(String key, Class<E> type) {
    String text = read(key, Config::getString, "", "a string");
    Optional<E> choice = HoconValues.choice(type, text);
    E[] all = type.getEnumConstants();
    if (choice.isEmpty() && config().hasPath(prefix + key)) {
      String names = Arrays.stream(all).map(HoconValues::name).collect(Collectors.joining(", "));
      problem(key, text, "one of " + names);
    }
    return choice.orElse(all[0]);
  }

  /**
   * A value that a parser turns into a type; its IllegalArgumentException's message says what was
   * expected.
   */
  public <T> Optional<T> parsed(String key, Function<String, T> parser) {
    String text = text(key);
    try {
      return text.isBlank() ? Optional.empty() : Optional.of(parser.apply(text));
    } catch (IllegalArgumentException e) {
      problem(key, text, e.getMessage());
      return Optional.empty();
    }
  }

  /** A local path, absolute or beside the settings file; it need not exist. */
  public Path path(String key) {
    return file.resolve(text(key));
  }

  /** A Hadoop path, a local one where it has no scheme; empty where the setting is. */
  public Optional<String> optionalHadoopPath(String key) {
    return optionalText(key).map(file::hadoopPath);
  }

  /** A secret kept in the file that the setting names. */
  public Optional<Secret> secretFile(String key) {
    Optional<Path> secret = optionalText(key).map(file::resolve);
    try {
      return secret.map(Secret::inFile);
    } catch (IllegalArgumentException e) {
      problem(key, secret.orElseThrow().toString(), e.getMessage());
      return Optional.empty();
    }
  }

  /** Adds a problem that only the caller can see, for example a value that does not fit another. */
  public void problem(String key, String value, String expected) {
    problems.add("  " + prefix + key + " = " + value + ": expected " + expected + where(key));
  }

  /**
   * Ends the reading.
   *
   * @throws JobException {@link ExitCode#SETTINGS} with every problem collected, one a line
   */
  public void check() {
    problems.addAll(unknown());
    if (!problems.isEmpty()) {
      throw SettingsFile.toMend(problems);
    }
  }

  /** Takes over another reader's problems, so that several blocks are checked at once. */
  public SettingsReader and(SettingsReader other) {
    problems.addAll(other.problems);
    problems.addAll(other.unknown());
    return this;
  }

  private List<String> unknown() {
    boolean looks = whole && !prefix.isEmpty() && config().hasPath(block());
    return looks
        ? new UnknownKeys(asked, file.shipped()).problems(config().getConfig(block()), prefix)
        : List.of();
  }

  private String block() {
    return prefix.substring(0, prefix.length() - 1);
  }

  private <T> T read(String key, BiFunction<Config, String, T> read, T standIn, String expected) {
    String path = prefix + key;
    asked.add(key);
    if (!config().hasPath(path)) {
      problems.add("  " + path + " is missing: expected " + expected);
      return standIn;
    }
    try {
      return read.apply(config(), path);
    } catch (ConfigException e) {
      problem(key, config().getValue(path).render(), expected);
      return standIn;
    }
  }

  private String where(String key) {
    return config().hasPath(prefix + key)
        ? " (" + config().getValue(prefix + key).origin().description() + ")"
        : "";
  }

  private Config config() {
    return file.config();
  }
}
