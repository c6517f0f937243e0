package io.epicfhir.common.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that name a patient come from a file of one's own or from standard input. */
final class QueryValuesTest {
  private static final String ANNA = "eAnna00112233445566";

  @TempDir private Path folder;

  private static Map<String, String> read(String text) {
    return QueryValues.read("-", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private Path file(String text, String mode) throws IOException {
    Path file = Files.writeString(folder.resolve("values"), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private QueryArguments arguments(String... more) {
    List<String> all =
        new java.util.ArrayList<>(List.of("timeline", "--conf", "c", "--queries", "q"));
    all.addAll(List.of(more));
    return QueryArguments.parse(all.toArray(String[]::new));
  }

  @Test
  void linesAreNamesAndValues() {
    assertThat(read("\uFEFFpatient_id=" + ANNA + "\r\n\nmrn=urn:x|1=2\nkind=\n"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("patient_id", ANNA, "mrn", "urn:x|1=2", "kind", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"patient_id\n", "=x\n", "a=1\npatient_id=x\npatient_id=y\n"})
  void whatIsNoSuchLineIsRefusedByItsNumber(String text) {
    assertThatThrownBy(() -> read(text.replace("x", ANNA)))
        .isInstanceOf(QueryRefused.class)
        .hasMessageContaining("line ")
        .hasMessageNotContaining(ANNA);
  }

  @Test
  void aFileThatOthersMayReadIsRefused() throws IOException {
    Path file = file("patient_id=" + ANNA, "rw-r--r--");
    assertThatThrownBy(() -> arguments("--params", file.toString()))
        .isInstanceOf(QueryRefused.class)
        .hasMessageContaining("chmod 600");
    assertThat(arguments("--params", file("patient_id=" + ANNA, "rw-------").toString()))
        .extracting(QueryArguments::parameters, QueryArguments::shown)
        .containsExactly(Map.of("patient_id", ANNA), java.util.Set.of());
  }

  /** The values of one of the files would be missing, and the query would return more rows. */
  @ParameterizedTest
  @ValueSource(strings = {"--params", "--out", "--conf"})
  void whatIsGivenTwiceIsRefused(String option) throws IOException {
    String file = file("patient_id=" + ANNA, "rw-------").toString();
    String value = option.equals("--params") ? file : "rows.csv";
    assertThatThrownBy(() -> arguments(option, value, option, value))
        .isInstanceOf(QueryRefused.class)
        .hasMessageContaining("usage: ");
  }

  @Test
  void aPatientOnTheCommandLineIsRefusedAndNotRepeated() throws IOException {
    Path queries = Path.of("..", "conf", "queries");
    SqlQuery timeline = QueryFile.read(queries, "timeline", List.of(""));
    assertThatThrownBy(() -> timeline.bound(arguments("--param", "patient_id=" + ANNA)))
        .isInstanceOf(QueryRefused.class)
        .hasMessageContaining("--params")
        .hasMessageNotContaining(ANNA);
    assertThatThrownBy(() -> timeline.bound(arguments("--param", "kind=visit")))
        .hasMessageContaining("patient_id=VALUE by --params");
    String file = file("patient_id=" + ANNA, "rw-------").toString();
    assertThat(timeline.bound(arguments("--params", file, "--param", "kind=visit")))
        .containsEntry("patient_id", ANNA)
        .containsEntry("kind", "visit");
    assertThatThrownBy(() -> arguments("--params", file, "--param", "patient_id=x"))
        .as("twice")
        .hasMessageContaining("usage");
  }
}
