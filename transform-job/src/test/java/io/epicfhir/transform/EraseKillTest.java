package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.optout.OptOutList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The job itself: killed again and again, ended by a last try, proved; and red where a find is
 * left.
 */
@Tag("long")
final class EraseKillTest {
  /**
   * The list has her; she is settled; between two views; between silver and bronze's second one.
   */
  private static final List<String> POINTS =
      List.of("erase.listed:1", "erase.settled:1", "erase.table:2", "erase.bronze:2");

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

    assertThat(JobRunner.run(new Erase(), arguments("plan"))).isZero();
    String[] go = arguments("go", "--approved", approved());
    for (String point : POINTS) {
      assertThat(ChildJvm.run(Erase.class, point, go)).as(point).isEqualTo(ChildJvm.KILLED);
    }
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).as("not ended").isEqualTo(5);
    assertThat(JobRunner.run(new Erase(), go)).isZero();
    assertThat(clinic.filesWith(ErasedClinic.HERS)).isEmpty();
    assertThat(folder.resolve("lake/state/opt-outs/unsettled.txt")).doesNotExist();
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).isZero();
    assertThat(JobRunner.run(new Erase(), arguments("go"))).as("nothing is left").isZero();
    String report = Files.readString(folder.resolve("lake/metrics/erase/r1/erase.json"));
    assertThat(report)
        .contains("These patients were erased earlier")
        .doesNotContain(ErasedClinic.ANNA);

    whatAnExtractKeptOutLateGoes(clinic);
    onlyTheApprovedPatientsGo(list);

    Path stray = folder.resolve("lake/state/history/stray.json");
    Files.createDirectories(stray.getParent());
    Files.writeString(stray, "{\"x\":\"Patient/" + ErasedClinic.ANNA + "\"}");
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).isEqualTo(5);
    Files.write(stray, new byte[] {0x1f, (byte) 0x8b, 1, 2});
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).as("unreadable").isEqualTo(5);
  }

  /** As earlier releases left it: on the list, in no table, and in quarantine and a trace. */
  private void whatAnExtractKeptOutLateGoes(ErasedClinic clinic) throws IOException {
    OptOutList list = new OptOutList(clinic.lake.lake());
    list.learn(list.load().hashesOf("Binary/bNew112233445"));
    list.learn(list.load().hashesOf("Binary/77"));
    clinic.quarantine(
        "e9",
        "{\"resourceType\":\"Binary\",\"id\":\"bNew112233445\",\"data\":\"SEVS",
        "SEVS",
        "{\"id\":\"77\",\"data\":\"SEVS\",\"resourceType\":\"Binary\"}",
        "{\"resourceType\":\"Binary\",\"id\":\"78\",\"data\":\"SElT");
    Path trace = folder.resolve("lake/traces/etl/late.txt");
    Files.writeString(trace, "cannot parse Binary/bNew112233445");
    assertThat(JobRunner.run(new Erase(), arguments("prove"))).isEqualTo(5);

    assertThat(JobRunner.run(new Erase(), arguments("go"))).isZero();

    assertThat(JobRunner.run(new Erase(), arguments("prove"))).isZero();
    assertThat(trace).doesNotExist();
    assertThat(clinic.filesWith(List.of("SEVS"))).isEmpty();
    assertThat(clinic.filesWith(List.of("SElT"))).hasSize(1);
  }

  private void onlyTheApprovedPatientsGo(Path list) throws IOException {
    assertThat(JobRunner.run(new Erase(), arguments("plan"))).isZero();
    String approved = approved();
    assertThat(approved).hasSizeGreaterThan(20);

    Files.writeString(list, ErasedClinic.BERT + "\n");
    assertThat(JobRunner.run(new Erase(), arguments("go", "--approved", approved))).isEqualTo(2);
    assertThat(Files.readString(folder.resolve("lake/metrics/erase/r1/erase.json")))
        .contains("is not the one that was approved. Nothing was changed")
        .doesNotContain(ErasedClinic.BERT);
    Files.writeString(list, "# asked for twice\nPatient/" + ErasedClinic.ANNA + "\n");
    assertThat(JobRunner.run(new Erase(), arguments("go", "--approved", approved))).isZero();
  }

  /** What the last plan counted. */
  private String approved() throws IOException {
    Path report = folder.resolve("lake/metrics/erase/r1/erase.json");
    return new JsonMapper().readTree(Files.readString(report)).at("/result/list").asText();
  }

  private String[] arguments(String mode, String... more) {
    List<String> all =
        new ArrayList<>(
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
                mode));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
