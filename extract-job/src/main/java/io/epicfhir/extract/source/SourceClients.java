package io.epicfhir.extract.source;

import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One client a JVM and settings file, shared by all its tasks. Executors build their own from the
 * settings: neither key nor token ever travels in a task's closure.
 */
public final class SourceClients {
  private static final Map<String, SourceClient> CLIENTS = new ConcurrentHashMap<>();

  private SourceClients() {}

  /** The one client of a process that works alone. */
  public static SourceClient of(String settingsFile) {
    return of(settingsFile, 1);
  }

  /**
   * The one client of this JVM.
   *
   * @param jvms how many JVMs share what the source allows
   */
  public static SourceClient of(String settingsFile, int jvms) {
    return CLIENTS.computeIfAbsent(
        Path.of(settingsFile).toAbsolutePath().toString(),
        file -> {
          SettingsReader reader = SettingsFile.load(file).reader("source");
          SourceSettings settings = SourceSettings.read(reader);
          reader.check();
          return new SourceClient(settings, Pace.real(), jvms);
        });
  }
}
