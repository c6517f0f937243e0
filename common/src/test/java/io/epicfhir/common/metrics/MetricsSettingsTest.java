package io.epicfhir.common.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.settings.SettingsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsSettingsTest {
  private static final MetricsSettings OFF =
      new MetricsSettings(Optional.empty(), Optional.empty());

  @TempDir Path folder;

  @Test
  void nobodyIsToldUnlessTheSettingsSaySo() throws IOException {
    assertThat(MetricsSettings.from(SettingsFile.load("../conf/pipeline.conf"))).isEqualTo(OFF);
    assertThat(settings("")).isEqualTo(OFF);
  }

  @Test
  void everyKeyIsRead() throws IOException {
    assertThat(settings("metrics { prometheus-folder = prom, graphite = \"g.example.org:2003\" }"))
        .isEqualTo(
            new MetricsSettings(
                Optional.of(folder.resolve("prom")),
                Optional.of(new MetricsSettings.Server("g.example.org", 2003))));
    assertThat(settings("metrics { graphite = \"[::1]:1\" }").graphite())
        .contains(new MetricsSettings.Server("[::1]", 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"g", "g:", ":2003", "g:0", "g:65536", "g:h", "a b:1", "http://g:2003"})
  void whatIsNoServerIsRefused(String text) {
    assertThatThrownBy(() -> settings("metrics { graphite = \"" + text + "\" }"))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContaining(
            "metrics.graphite = " + text + ": expected a host and a port, such as graphite");
  }

  private MetricsSettings settings(String inside) throws IOException {
    Path file = folder.resolve("pipeline.conf");
    Files.writeString(file, "epic-fhir {\n" + inside + "\n}");
    return MetricsSettings.from(SettingsFile.load(file.toString()));
  }
}
