package io.epicfhir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.load.postgres.session.JdbcUrl;
import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.quality.QualitySettings;
import io.epicfhir.load.settings.LoadSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadSettingsTest {
  @TempDir Path folder;

  @Test
  void theCommittedSettingsAreTheDefaults() {
    assertThat(LoadSettings.from(SettingsFile.load("../conf/pipeline.conf")))
        .isEqualTo(
            new LoadSettings(
                LoadSettings.Kind.POSTGRESQL,
                "",
                new PostgresAccess("jdbc:postgresql://127.0.0.1:5432/postgres", "postgres", ""),
                "fhir",
                "fhir_pipeline",
                "",
                LoadSettings.RemovedColumns.KEEP,
                2,
                LoadSettings.NulPolicy.REPLACE,
                LoadSettings.RefusedPolicy.REFUSE,
                "",
                Duration.ofDays(7),
                Duration.ofMinutes(30),
                Duration.ofSeconds(5),
                4,
                Duration.ofSeconds(2),
                new QualitySettings(
                    true,
                    Path.of("../conf/quality").toAbsolutePath().normalize(),
                    "fhir_quality",
                    Duration.ofMinutes(5),
                    10_000,
                    Map.of())));
  }

  @Test
  void everyKeyIsRead() throws IOException {
    Files.writeString(folder.resolve("pw"), "open sesame\n");
    Files.setPosixFilePermissions(
        folder.resolve("pw"), PosixFilePermissions.fromString("rw-------"));

    LoadSettings settings =
        LoadSettings.from(
            settings(
                """
                target = postgresql, export-folder = "s3a://bucket/export"
                jdbc-url = "jdbc:postgresql://db:1/w?sslmode=verify-full", user = u
                password-file = pw, schema = s, state-schema = t, parallel-copies = 3
                reader-role = analysts, removed-columns = drop
                nul-policy = refuse, lock-patience = 1s, swap-timeout = 2s, max-tries = 5
                retry-pause = 6s, refused-values = null, moved-from = "s3a://bucket/old"
                verify-every = 1h
                quality { enabled = true, folder = checks, schema = q, statement-timeout = 9s
                  keep-rows = 7, overrides { a = off, b = [red, "max-rows=3"] } }"""));

    assertThat(settings)
        .isEqualTo(
            new LoadSettings(
                LoadSettings.Kind.POSTGRESQL,
                "s3a://bucket/export",
                new PostgresAccess(
                    "jdbc:postgresql://db:1/w?sslmode=verify-full",
                    "u",
                    folder.resolve("pw").toString()),
                "s",
                "t",
                "analysts",
                LoadSettings.RemovedColumns.DROP,
                3,
                LoadSettings.NulPolicy.REFUSE,
                LoadSettings.RefusedPolicy.NULL,
                "s3a://bucket/old",
                Duration.ofHours(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                5,
                Duration.ofSeconds(6),
                new QualitySettings(
                    true,
                    folder.resolve("checks"),
                    "q",
                    Duration.ofSeconds(9),
                    7,
                    Map.of("a", List.of("off"), "b", List.of("red", "max-rows=3")))));
    assertThat(settings.access().place()).isEqualTo("db:1/w");
    assertThat(settings.toString()).doesNotContain("sesame");
  }

  @ParameterizedTest
  @CsvSource({"null, NULL", "'\"null\"', NULL", "refuse, REFUSE"})
  void nullIsAPolicyAlsoWithoutQuotes(String written, LoadSettings.RefusedPolicy policy)
      throws IOException {
    Path file = folder.resolve("own.conf");
    Files.writeString(
        file,
        "include file(\"%s\")\nepic-fhir.load.refused-values = %s\n"
            .formatted(Path.of("../conf/pipeline.conf").toRealPath(), written));

    assertThat(LoadSettings.from(SettingsFile.load(file.toString())).refusedValues())
        .isEqualTo(policy);
  }

  @Test
  void allProblemsAreToldAtOnceAndNoPasswordIs() {
    assertThatThrownBy(
            () ->
                LoadSettings.from(
                    settings(
                        """
                        jdbc-url = "jdbc:postgresql://db/w?user=u&password=hunter2", user = u
                        password-file = missing, schema = "a b", state-schema = t
                        parallel-copies = 0, nul-policy = drop, lock-patience = 1s
                        swap-timeout = 0s, max-tries = 5, retry-pause = 6s
                        quality { enabled = true, folder = q, schema = "a b", keep-rows = 1
                          statement-timeout = 1s, overrides { a = "max-share=1.5" } }""")))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContaining("load.jdbc-url = ***: expected a URL without a password")
        .hasMessageContaining("load.password-file")
        .hasMessageContaining("load.schema = a b: expected at most 63 letters, digits and _")
        .hasMessageContaining("load.quality.schema = a b: expected at most 63 letters")
        .hasMessageContaining("load.quality.overrides.a = max-share=1.5: expected off, amber, red")
        .hasMessageContaining("load.parallel-copies = 0")
        .hasMessageContaining("load.nul-policy = drop: expected one of replace, refuse")
        .hasMessageContaining("load.swap-timeout")
        .hasMessageNotContaining("hunter2");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://127.0.0.1:5432/w, fine",
    "jdbc:postgresql:w, fine",
    "jdbc:postgresql://[::1]/w, fine",
    "jdbc:postgresql://db/w?sslmode=verify-full, fine",
    "jdbc:postgresql://db/w?a=b&sslmode=require, fine",
    "jdbc:postgresql://db/w?ssl=true, fine",
    "jdbc:postgresql://db/w?sslmode=sometimes, for a database on another machine",
    "jdbc:postgresql://db/w, for a database on another machine",
    "jdbc:postgresql://db/w?sslmode=prefer, for a database on another machine",
    "'jdbc:postgresql://localhost,db/w', for a database on another machine",
    "jdbc:postgresql://127.0.0.1.example.org/w, for a database on another machine",
    "jdbc:postgresql://db/w?sslmode=require&pass%77ord=hunter2, a URL without a password",
    "jdbc:postgresql://localhost/w?sslpassword=hunter2, a URL without a password",
    "jdbc:mysql://localhost/w, a URL that begins with jdbc:postgresql:"
  })
  void aUrlHoldsNoPasswordAndLeavesTheMachineByTlsOnly(String url, String problem)
      throws IOException {
    SettingsFile file = settings("jdbc-url = \"" + url + "\"");
    SettingsReader reader = file.reader("load");
    assertThat(JdbcUrl.read(reader)).isEqualTo(url);
    if (problem.equals("fine")) {
      reader.check();
    } else {
      assertThatThrownBy(reader::check)
          .hasMessageContaining("load.jdbc-url = ***: expected")
          .hasMessageContaining(problem)
          .hasMessageNotContaining("hunter2");
    }
  }

  @Test
  void aSettingAllowsADatabaseWithoutTls() throws IOException {
    SettingsReader reader =
        settings("jdbc-url = \"jdbc:postgresql://db/w\", require-tls = false").reader("load");
    JdbcUrl.read(reader);
    reader.check();
  }

  private SettingsFile settings(String load) throws IOException {
    Path file = folder.resolve("pipeline.conf");
    Files.writeString(file, "epic-fhir.load {\n" + load + "\n}\n");
    return SettingsFile.load(file.toString());
  }
}
