package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.job.JobRunner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job itself: killed twice, ended by a third try, proved; and red where a find is left. */
final class EraseKillTest {
  /** Between two views; between silver and bronze's second landing. */
  private static final List<String> POINTS = List.of("erase.table:2", "erase.bronze:2");

  @TempDir private Path folder;

  @Test
  void aKillInTheMiddleCostsNothingButAnotherTry() throws Exception {
    ErasedClinic clinic = new ErasedClinic(Files.createDirectories(folder.resolve("lake")));
    Path shipped = Path.of("../conf/pipeline.conf").toAbsolutePath().normalize();
    Files.writeString(
        folder.resolve("pipeline.conf"),
        "include file(\"%s\")\nepic-fhir.lake = \"%s\"\n"
            .formatted(shipped, folder.resolve("lake")));
    Path list = Files.writeString(folder.resolve("list.txt"), ErasedClinic.ANNA + "\n");
    Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-------"));

    for (String point : POINTS) {
      assertThat(ChildJvm.run(Erase.class, point, arguments("go")))
          .as(point)
          .isEqualTo(ChildJvm.KILLED);
    }
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).as("not ended").isEqualTo(5);
    assertThat(JobRunner.run(new Erase(), arguments("go"))).isZero();
    assertThat(clinic.filesWith(ErasedClinic.HERS)).isEmpty();
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).isZero();
    assertThat(JobRunner.run(new Erase(), arguments("go"))).as("nothing is left").isZero();
    String report = Files.readString(folder.resolve("lake/metrics/erase/r1/erase.json"));
    assertThat(report)
        .contains("These patients were erased earlier")
        .doesNotContain(ErasedClinic.ANNA);

    Path stray = folder.resolve("lake/state/history/stray.json");
    Files.createDirectories(stray.getParent());
    Files.writeString(stray, "{\"x\":\"Patient/" + ErasedClinic.ANNA + "\"}");
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).isEqualTo(5);
    Files.write(stray, new byte[] {0x1f, (byte) 0x8b, 1, 2});
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).as("unreadable").isEqualTo(5);
  }

  private String[] arguments(String mode) {
    List<String> all =
        List.of(
            "--conf",
            folder.resolve("pipeline.conf").toString(),
            "--dag",
            "erase",
            "--run",
            "r1",
            "--task",
            "erase",
            "--interval-end",
            "2026-01-20T00:00:00Z",
            "--patients",
            folder.resolve("list.txt").toString(),
            "--mode",
            mode);
    return all.toArray(String[]::new);
  }
}
