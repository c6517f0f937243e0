package io.epicfhir.common.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.localfs.FileReaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HadoopSettingsTest {
  @TempDir Path folder;

  @Test
  void aPlainJvmTakesTheProfilesHadoopLinesAndLeavesTheOthers() throws IOException {
    Path profile = folder.resolve("p.conf");
    Files.writeString(
        profile,
        """
        # A comment.
        spark.driver.memory                        2g
        spark.hadoop.fs.s3a.path.style.access      true
        spark.hadoop.fs.s3a.endpoint               http://127.0.0.1:1
        """);
    Properties system = new Properties();
    system.setProperty(HadoopSettings.PROFILE, profile.toString());
    system.setProperty("spark.hadoop.fs.s3a.connection.maximum", "7");
    var hadoop =
        HadoopSettings.of(
            system, Map.of("AWS_ENDPOINT_URL", "http://127.0.0.1:2"), FileReaders.OWNER);
    assertThat(hadoop.get("fs.s3a.path.style.access")).isEqualTo("true");
    assertThat(hadoop.get("fs.s3a.endpoint")).isEqualTo("http://127.0.0.1:1");
    assertThat(hadoop.get("fs.s3a.connection.maximum")).isEqualTo("7");
    assertThat(hadoop.get("spark.driver.memory")).isNull();
  }

  @Test
  void theEnvironmentNamesTheS3ServerWhereTheProfileDoesNot() {
    var hadoop =
        HadoopSettings.of(
            new Properties(), Map.of("AWS_ENDPOINT_URL", "http://127.0.0.1:2"), FileReaders.OWNER);
    assertThat(hadoop.get("fs.s3a.endpoint")).isEqualTo("http://127.0.0.1:2");
  }

  @Test
  void aProfileThatIsNotThereIsWrongSettings() {
    Properties system = new Properties();
    system.setProperty(HadoopSettings.PROFILE, folder.resolve("none.conf").toString());
    assertThatThrownBy(() -> HadoopSettings.of(system, Map.of(), FileReaders.OWNER))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContaining("Cannot read the Spark profile")
        .hasMessageContaining("none.conf");
  }
}
