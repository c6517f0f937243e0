package io.epicfhir.common.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Sha256;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.localfs.FileReaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A settings file in HOCON: one block, with the environment's overrides already in it.
 *
 * <p>{@link #load} reads the jobs' settings, root key {@code epic-fhir}; {@link #thresholds} reads
 * the thresholds of validate and the alerts, root key {@code epic-fhir-validation}.
 */
public final class SettingsFile {
  private static final String ROOT = "epic-fhir";
  private static final String THRESHOLDS = "epic-fhir-validation";
  private static final List<String> BLOCKS =
      List.of(
          "lake",
          "files",
          "audit",
          "source",
          "extract",
          "bulk",
          "crawl",
          "bronze",
          "transform",
          "load",
          "metrics");

  private final Path folder;
  private final String shipped;
  private final Config config;
  private final Set<Path> included;

  private SettingsFile(Path folder, String shipped, Config config, Set<Path> included) {
    this.folder = folder;
    this.shipped = shipped;
    this.config = config;
    this.included = included;
  }

  /**
   * Reads and resolves the jobs' settings.
   *
   * @throws JobException {@link ExitCode#SETTINGS} with file and line if it is not valid HOCON, if
   *     an included file is missing, or if a required block is missing
   */
  public static SettingsFile load(String file) {
    return load(file, ROOT, "pipeline.conf", BLOCKS);
  }

  /** Reads and resolves {@code validation.conf}; throws as {@link #load} does. */
  static SettingsFile thresholds(String file, List<String> blocks) {
    return load(file, THRESHOLDS, "validation.conf", blocks);
  }

  private static SettingsFile load(String file, String root, String shipped, List<String> blocks) {
    Path path = Path.of(file).toAbsolutePath().normalize();
    if (!Files.isReadable(path)) {
      throw new JobException(
          ExitCode.SETTINGS, "Cannot read the settings: " + path + "; give an existing file");
    }
    try {
      Includes includes = new Includes();
      ConfigParseOptions options = ConfigParseOptions.defaults().setIncluder(includes);
      Config all = ConfigFactory.parseFile(path.toFile(), options).resolve();
      includes.check(path);
      if (!all.hasPath(root)) {
        throw new JobException(
            ExitCode.SETTINGS,
            "Cannot use the settings: "
                + path
                + " has no block \""
                + root
                + "\"; start from conf/"
                + shipped);
      }
      List<String> unknown = new UnknownKeys(blocks, shipped).problems(all.getConfig(root), "");
      if (!unknown.isEmpty()) {
        throw toMend(unknown);
      }
      return new SettingsFile(path.getParent(), shipped, all.getConfig(root), includes.read());
    } catch (ConfigException e) {
      throw new JobException(ExitCode.SETTINGS, "Cannot read the settings: " + e.getMessage(), e);
    }
  }

  /**
   * A reader for one block, for example {@code source}; its problems are collected until {@link
   * SettingsReader#check}.
   */
  public SettingsReader reader(String block) {
    return new SettingsReader(this, block);
  }

  /** The lake's root as a Hadoop path; a path without a scheme is a local one. */
  public LakePaths lake() {
    SettingsReader reader = reader("");
    String lake = reader.text("lake");
    reader.check();
    return new LakePaths(hadoopPath(lake));
  }

  /**
   * Who may read what is written; its owner alone where the settings do not say.
   *
   * @throws JobException {@link ExitCode#SETTINGS} where they say something else
   */
  public FileReaders fileReaders() {
    SettingsReader reader = reader("files");
    FileReaders readers =
        reader.has("readers") ? reader.choice("readers", FileReaders.class) : FileReaders.OWNER;
    reader.check();
    return readers;
  }

  /**
   * A hash of all settings, which distinguishes runs with different settings. No secret is in the
   * settings, only where it is kept.
   */
  public String hash() {
    String text = config.root().render(ConfigRenderOptions.concise());
    return Sha256.hex(text, 8);
  }

  /** Problems, one a line, as a failure. */
  static JobException toMend(List<String> problems) {
    return new JobException(
        ExitCode.SETTINGS,
        "Cannot use the settings. Problems: "
            + problems.size()
            + "\n"
            + String.join("\n", problems));
  }

  /** A relative path of the settings stands beside the settings file. */
  Path resolve(String path) {
    return folder.resolve(path).normalize();
  }

  /** As a Hadoop path: one with a scheme as it is, any other as a local one. */
  String hadoopPath(String path) {
    return hasScheme(path) ? path : resolve(path).toUri().toString();
  }

  /** As Python takes it: a path with a scheme as it is, any other as an absolute one. */
  String place(String path) {
    return hasScheme(path) ? path.replaceFirst("/+$", "") : resolve(path).toString();
  }

  /** The files that the settings file includes, and those that they include. */
  Set<Path> included() {
    return included;
  }

  private static boolean hasScheme(String path) {
    return path.matches("[a-z][a-z0-9]+:.*");
  }

  /** The file of {@code conf} that has all keys. */
  String shipped() {
    return shipped;
  }

  Config config() {
    return config;
  }
}
