package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.job.Job;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The short form of the benchmark {@code extract-kills}, which draws its points. */
class ExtractKillsTest {
  private static final long FILES = 6;
  private static final long CORES = 2;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"KICK_OFF, kick-off.answer:1", "EXTRACT, publish.move:2"})
  void fault_33_a_kill_in_download_rename_or_ledger_loses_and_doubles_nothing(
      Step dying, String failpoint) throws IOException, InterruptedException {
    Map<String, byte[]> served = BulkToBronzeTest.files();
    try (Site site =
        Site.open(
            folder,
            served,
            o -> o.kickOffs(k -> k.reusesExports()).fileLimits(Long.MAX_VALUE, 120))) {
      for (Step step : Step.values()) {
        if (step.compareTo(dying) < 0) {
          assertThat(site.run(step.job(), "r1", step.name())).isZero();
        }
      }
      String[] arguments = site.arguments("r1", dying.name());
      assertThat(ChildJvm.run(dying.job().getClass(), failpoint, arguments))
          .isEqualTo(ChildJvm.KILLED);

      assertThat(site.runAll("r1")).isZero();

      assertThat(BulkToBronzeTest.resources(ReadBack.bronze(site)))
          .containsExactlyInAnyOrderElementsOf(BulkToBronzeTest.served(served));
      assertThat(site.landings()).hasSize(1);
      assertThat(site.server.requests().exportsStarted()).isOne();
      // Each core may hold a file without a receipt when the process dies.
      assertThat(site.server.requests().count(RequestKind.FILE)).isBetween(FILES, FILES + CORES);
    }
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({
    "STATUS, status.manifest:1",
    "EXTRACT, download.staged:3",
    "EXTRACT, publish.landing:1"
  })
  void fault_33_nor_does_one_at_the_other_steps(Step dying, String failpoint)
      throws IOException, InterruptedException {
    fault_33_a_kill_in_download_rename_or_ledger_loses_and_doubles_nothing(dying, failpoint);
  }

  /** What a run does, in order. */
  enum Step {
    KICK_OFF,
    STATUS,
    EXTRACT;

    Job job() {
      return switch (this) {
        case KICK_OFF -> new KickOff();
        case STATUS -> new ExportStatus();
        case EXTRACT -> new Extract();
      };
    }
  }
}
