package io.epicfhir.common.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.CapturedLog;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterSecretTest {
  private static final String SECRET = "spark.authenticate.secret";

  @TempDir Path folder;

  private SparkConf conf(String master) {
    return new SparkConf(false)
        .set("spark.master", master)
        .set("spark.authenticate", "true")
        .set(SECRET + ".file", folder.resolve("secret").toString());
  }

  private void file(String text, String mode) throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  @Test
  void isReadFromItsFileForSparksOwnClusterOnly() throws Exception {
    file("open sesame\n", "rw-------");
    SparkConf standalone = conf("spark://m:7077");
    ClusterSecret.into(standalone);
    assertThat(standalone.get(SECRET)).isEqualTo("open sesame");

    SparkConf local = conf("local[*]");
    ClusterSecret.into(local);
    assertThat(local.contains(SECRET)).isFalse();

    SparkConf own = conf("spark://m:7077").set(SECRET, "an administrator's");
    ClusterSecret.into(own);
    assertThat(own.get(SECRET)).isEqualTo("an administrator's");
  }

  @Test
  void aFileThatIsMissingEmptyOrOpenToOthersIsRefused() throws Exception {
    assertThatThrownBy(() -> ClusterSecret.into(conf("spark://m:7077")))
        .hasMessageContaining("it does not exist");
    file(" \n", "rw-------");
    assertThatThrownBy(() -> ClusterSecret.into(conf("spark://m:7077")))
        .hasMessageContaining("it is empty");
    file("open sesame", "rw-r-----");
    assertThatThrownBy(() -> ClusterSecret.into(conf("spark://m:7077")))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContaining("chmod 600")
        .hasMessageNotContaining("sesame");
  }

  @Test
  void withoutAuthenticationALineOfTheLogSaysWhatThatMeans() {
    try (CapturedLog log = new CapturedLog()) {
      ClusterSecret.into(conf("spark://m:7077").set("spark.authenticate", "false"));
      assertThat(log.text()).contains("spark://m:7077", "set spark.authenticate");
    }
  }
}
