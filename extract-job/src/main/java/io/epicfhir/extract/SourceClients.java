package io.epicfhir.extract;

import io.epicfhir.common.SettingsFile;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One client a JVM and settings file, shared by all its tasks. Executors build their own from the
 * settings: neither key nor token ever travels in a task's closure.
 */
final class SourceClients {
  private static final Map<String, SourceClient> CLIENTS = new ConcurrentHashMap<>();

  private SourceClients() {}

  static SourceClient of(String settingsFile) {
    return CLIENTS.computeIfAbsent(
        settingsFile,
        file ->
            new SourceClient(ExtractSettings.from(SettingsFile.load(file)).source(), Pace.real()));
  }
}
