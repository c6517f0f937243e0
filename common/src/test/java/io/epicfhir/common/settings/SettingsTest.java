package io.epicfhir.common.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  private enum Mode {
    INCREMENTAL,
    FULL_REFRESH
  }

  @TempDir Path folder;

  @Test
  void readsValuesOfEveryKind() throws IOException {
    Files.writeString(folder.resolve("password"), "open sesame\n");
    Files.setPosixFilePermissions(
        folder.resolve("password"), PosixFilePermissions.fromString("rw-------"));
    SettingsReader reader =
        settings(
                "lake = \"../lake\", bulk { name = x, types = \"A, B\", more = [C], n = 4, share = 0.5, on = true,"
                    + " wait = 2 minutes, size = 3 MiB, mode = full-refresh, file = keys/k.pem,"
                    + " password-file = password, empty = \"\" }")
            .reader("bulk");
    assertThat(reader.text("name")).isEqualTo("x");
    assertThat(reader.texts("types")).containsExactly("A", "B");
    assertThat(reader.texts("more")).containsExactly("C");
    assertThat(reader.number("n", 1, 5)).isEqualTo(4);
    assertThat(reader.fraction("share", 0, 1)).isEqualTo(0.5);
    assertThat(reader.flag("on")).isTrue();
    assertThat(reader.duration("wait")).isEqualTo(Duration.ofMinutes(2));
    assertThat(reader.bytes("size")).isEqualTo(3L << 20);
    assertThat(reader.choice("mode", Mode.class)).isEqualTo(Mode.FULL_REFRESH);
    assertThat(reader.path("file")).isEqualTo(folder.resolve("keys/k.pem"));
    assertThat(reader.optionalText("empty")).isEmpty();
    assertThat(reader.optionalText("absent")).isEmpty();
    assertThat(reader.secretFile("password-file").orElseThrow().reveal()).isEqualTo("open sesame");
    assertThat(reader.secretFile("password-file").orElseThrow()).hasToString("***");
    reader.check();
  }

  @Test
  void allProblemsComeAtOnceWithKeyValueExpectationAndLine() throws IOException {
    SettingsReader reader =
        settings(
                """
                lake = x
                bulk {
                  n = 9
                  wait = soon
                  mode = sideways
                  blank = ""
                  password-file = nowhere
                }
                """)
            .reader("bulk");
    reader.text("missing");
    reader.text("blank");
    reader.number("n", 1, 5);
    reader.duration("wait");
    reader.choice("mode", Mode.class);
    reader.secretFile("password-file");
    assertThatThrownBy(reader::check)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContainingAll(
            "Cannot use the settings. Problems: 6\n",
            "bulk.missing is missing",
            "bulk.n = 9: expected a whole number from 1 to 5",
            "pipeline.conf: 4",
            "bulk.wait = \"soon\": expected a duration",
            "bulk.mode = sideways: expected one of incremental, full-refresh",
            "bulk.blank = \"\": expected a string that is not empty",
            "expected a readable file that holds the secret");
  }

  @Test
  void aKeyThatNobodyReadsIsAProblemWithItsLineAndTheKeyThatWasMeant() throws IOException {
    SettingsReader reader =
        settings(
                """
                lake = x
                bulk {
                  max-rejected-share = 0.1
                  max-rejcted-share = 0.2
                  windows { Observation = ["date=ge{from}"] }
                  colour = red
                  care { retention = 7 days }
                }
                """)
            .reader("bulk")
            .except("care");
    reader.fraction("max-rejected-share", 0, 1);
    reader.table("windows");
    assertThatThrownBy(reader::check)
        .hasMessageContaining("Cannot use the settings. Problems: 2\n")
        .hasMessageContaining("  bulk.colour is not a setting (")
        .hasMessageContaining("pipeline.conf: 7): see conf/pipeline.conf for the list of keys")
        .hasMessageContaining("  bulk.max-rejcted-share is not a setting (")
        .hasMessageEndingWith("pipeline.conf: 5): did you mean bulk.max-rejected-share?");
  }

  @Test
  void whoReadsOnlySomeKeysOfABlockDoesNotJudgeTheOthers() throws IOException {
    SettingsReader reader = settings("lake = x, bulk { n = 4, other = 5 }").reader("bulk").partly();
    assertThat(reader.number("n", 1, 5)).isEqualTo(4);
    reader.check();
  }

  @Test
  void aBlockThatThereIsNoneOfIsAProblem() {
    assertThatThrownBy(() -> settings("lake = x\nbluk { n = 4 }"))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContaining("bluk.n is not a setting (")
        .hasMessageEndingWith("did you mean bulk?");
  }

  @Test
  void aFileThatIsNotHoconNamesTheLine() {
    assertThatThrownBy(() -> settings("lake = x\n bulk { n = \n } } }"))
        .isInstanceOf(JobException.class)
        .hasMessageContaining("Cannot read the settings")
        .hasMessageContaining("pipeline.conf: ");
  }

  @Test
  void aMissingFileSaysWhatToGive() {
    assertThatThrownBy(() -> SettingsFile.load(folder.resolve("none.conf").toString()))
        .isInstanceOf(JobException.class)
        .hasMessageEndingWith("none.conf; give an existing file");
  }

  @Test
  void theLakeIsAnyHadoopPathAndARelativeOneStandsBesideTheFile() throws IOException {
    assertThat(settings("lake = \"s3a://bucket/lake/\"").lake().root())
        .isEqualTo("s3a://bucket/lake");
    assertThat(settings("lake = \"../lake\"").lake().root())
        .isEqualTo("file:" + "//" + folder.getParent().resolve("lake"));
  }

  @Test
  void theHashTellsSettingsApartAndIsTheSameForTheSame() throws IOException {
    String hash = settings("lake = a").hash();
    assertThat(settings("lake = a").hash()).isEqualTo(hash);
    assertThat(settings("lake = b").hash()).isNotEqualTo(hash);
  }

  private SettingsFile settings(String inside) throws IOException {
    Path file = folder.resolve("pipeline.conf");
    Files.writeString(file, "epic-fhir {\n" + inside + "\n}");
    return SettingsFile.load(file.toString());
  }
}
