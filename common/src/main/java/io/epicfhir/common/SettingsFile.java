package io.epicfhir.common;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The HOCON settings: one file, root key {@code epic-fhir}, with the environment's overrides
 * already in it.
 */
public final class SettingsFile {
  private static final String ROOT = "epic-fhir";
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
  private final Config config;

  private SettingsFile(Path folder, Config config) {
    this.folder = folder;
    this.config = config;
  }

  /**
   * Reads and resolves a settings file.
   *
   * @throws JobException {@link ExitCode#SETTINGS} with file and line where it is not readable
   *     HOCON, and for each block that there is none of
   */
  public static SettingsFile load(String file) {
    Path path = Path.of(file).toAbsolutePath().normalize();
    if (!Files.isReadable(path)) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot read the settings: " + path + "; give --conf an existing file");
    }
    try {
      Config all = ConfigFactory.parseFile(path.toFile()).resolve();
      if (!all.hasPath(ROOT)) {
        throw new JobException(
            ExitCode.SETTINGS,
            "Cannot use the settings: "
                + path
                + " has no block \""
                + ROOT
                + "\"; start from conf/pipeline.conf");
      }
      List<String> unknown = new UnknownKeys(BLOCKS).problems(all.getConfig(ROOT), "");
      if (!unknown.isEmpty()) {
        throw toMend(unknown);
      }
      return new SettingsFile(path.getParent(), all.getConfig(ROOT));
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
   * What tells runs with different settings apart: a hash of every setting. No secret is in the
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
        "Cannot use the settings: " + problems.size() + " to mend\n" + String.join("\n", problems));
  }

  /** A relative path of the settings stands beside the settings file. */
  Path resolve(String path) {
    return folder.resolve(path).normalize();
  }

  /** As a Hadoop path: one with a scheme as it is, any other as a local one. */
  String hadoopPath(String path) {
    return path.matches("[a-z][a-z0-9]+:.*") ? path : resolve(path).toUri().toString();
  }

  Config config() {
    return config;
  }
}
