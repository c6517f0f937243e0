package io.epicfhir.common.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.JobRun;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostClassTest {
  private static final String MACHINE = "\\S.* \\S+, [1-9]\\d* cores, \\d+ GiB";

  @TempDir Path folder;

  @Test
  void aMachineIsToldByItsKindAndNotByItsName() throws IOException {
    String told = HostClass.of(Optional.empty());
    assertThat(told)
        .matches(MACHINE)
        .startsWith(System.getProperty("os.name") + " " + System.getProperty("os.arch"))
        .contains(", " + Runtime.getRuntime().availableProcessors() + " cores")
        .doesNotContain(InetAddress.getLocalHost().getHostName());
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "local[2], local[2]",
    "yarn, yarn",
    "'spark://clinic-1:7077,clinic-2:7077', spark",
    "k8s://https://clinic-1:6443, k8s"
  })
  void ofAClusterOnlyItsKindIsTold(String master, String told) {
    assertThat(HostClass.of(Optional.of(master)))
        .isEqualTo(HostClass.of(Optional.empty()) + ", " + told);
  }

  @Test
  void aReportHasItWithTheMasterOnlyWhereThereWasASession() throws IOException {
    JobRun jobRun = new JobRun(folder, "");
    assertThat(jobRun.run(context -> {})).isZero();
    assertThat(jobRun.report().at("/run/host_class").asText()).matches(MACHINE);

    assertThat(jobRun.run(context -> context.spark())).isZero();
    assertThat(jobRun.report().at("/run/host_class").asText()).matches(MACHINE + ", local\\[.+]");
  }
}
