package io.epicfhir.common.metrics;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The block {@code metrics} of the settings: who else gets a run's metrics. Nobody, where it says
 * nothing.
 *
 * @param prometheusFolder the folder that a node exporter's textfile collector reads
 * @param graphite the server that figures go to while the job runs
 */
public record MetricsSettings(Optional<Path> prometheusFolder, Optional<Server> graphite) {
  private static final Pattern SERVER = Pattern.compile("([^\\s:]+|\\[[0-9a-fA-F:.]+]):(\\d{1,5})");

  /** Where a server listens. */
  record Server(String host, int port) {}

  /**
   * Reads the block.
   *
   * @throws JobException {@link ExitCode#SETTINGS} with every problem
   */
  public static MetricsSettings from(SettingsFile file) {
    SettingsReader reader = file.reader("metrics");
    Optional<Path> folder =
        reader.optionalText("prometheus-folder").map(text -> reader.path("prometheus-folder"));
    Optional<Server> graphite =
        reader
            .optionalText("graphite")
            .flatMap(text -> reader.parsed("graphite", MetricsSettings::server));
    reader.check();
    return new MetricsSettings(folder, graphite);
  }

  private static Server server(String text) {
    Matcher server = SERVER.matcher(text);
    if (server.matches()) {
      int port = Integer.parseInt(server.group(2));
      if (port >= 1 && port <= 65_535) {
        return new Server(server.group(1), port);
      }
    }
    throw new IllegalArgumentException("a host and a port, such as graphite.example.org:2003");
  }
}
