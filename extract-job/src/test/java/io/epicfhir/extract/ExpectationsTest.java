package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.epic.Behaviour;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What lands although earlier exports let expect something else: told, never silent. */
class ExpectationsTest extends SiteTest {
  private void serve(int patients, int observations) throws IOException {
    Files.writeString(site.data.resolve("Patient.ndjson"), lines("Patient", patients), UTF_8);
    Files.writeString(
        site.data.resolve("Observation.ndjson"), lines("Observation", observations), UTF_8);
    site.server.store().reload();
  }

  private static String lines(String type, int count) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append("{\"resourceType\":\"%s\",\"id\":\"%d\"}\n".formatted(type, i));
    }
    return lines.toString();
  }

  private void openFull(int patients, int observations) throws IOException {
    open(
        Map.of(
            "Patient.ndjson", lines("Patient", patients).getBytes(UTF_8),
            "Observation.ndjson", lines("Observation", observations).getBytes(UTF_8)),
        o -> o);
    site.settings.put("bulk.mode", "full");
    assertThat(site.runAll("r1")).isZero();
  }

  private JsonNode warnings(String run) throws IOException {
    return site.report(run, "extract").at("/result/warnings");
  }

  @Test
  void anEmptyGroup() throws IOException {
    openFull(0, 0);

    assertThat(warnings("r1").toString()).contains("the full export is empty");
    assertThat(site.report("r1", "extract").path("notes").toString()).contains("export is empty");
  }

  @Test
  void noPatientAtAll() throws IOException {
    openFull(0, 5);

    assertThat(warnings("r1").toString()).contains("contains no Patient;");
  }

  @Test
  void aTypeThatIsMissingAndOneThatHasShrunk() throws IOException {
    openFull(100, 7);
    assertThat(warnings("r1")).isEmpty();
    serve(89, 0);

    assertThat(site.runAll("r2")).isZero();

    assertThat(warnings("r2")).hasSize(2);
    assertThat(warnings("r2").toString())
        .contains("the full export has no Observation, but the last full export had 7")
        .contains("holds 89 Patient, less than 90 % of the last one's 100");
  }

  @Test
  void atNinetyPercentNothingIsSaid() throws IOException {
    openFull(100, 10);
    serve(90, 9);

    assertThat(site.runAll("r2")).isZero();

    assertThat(warnings("r2")).isEmpty();
  }

  @Test
  void aTypeThatIsNoLongerAskedForIsNotMissing() throws IOException {
    openFull(5, 10);
    site.settings.put("bulk.types", "[Patient]");

    assertThat(site.runAll("r2")).isZero();

    assertThat(warnings("r2")).isEmpty();
  }

  @Test
  void aServerThatIgnoresSinceIsRecognised() throws IOException {
    openFull(30, 30);
    site.settings.put("bulk.mode", "incremental");
    // All of it comes again, as if the server had not read _since.
    Files.writeString(
        site.data.resolve("Patient.ndjson"), lines("Patient", 30).replace("}", ",\"x\":1}"));
    Files.writeString(
        site.data.resolve("Observation.ndjson"),
        lines("Observation", 30).replace("}", ",\"x\":1}"));
    site.server.store().reload();

    assertThat(site.runAll("r2")).isZero();

    assertThat(site.report("r2", "extract").at("/result/since_ignored").asBoolean()).isTrue();
    assertThat(warnings("r2").toString()).contains("seems to ignore _since", "bulk.mode = full");
  }

  @Test
  void aServerThatNeverListedADeletionIsSaidSo() throws IOException {
    open(
        Map.of("Patient.ndjson", lines("Patient", 30).getBytes(UTF_8)),
        o -> o.with(Behaviour.DELETIONS_UNTOLD));
    assertThat(site.runAll("r1")).isZero();
    assertThat(warnings("r1")).as("a full export has no list to give").isEmpty();
    Files.writeString(site.data.resolve("Patient.ndjson"), lines("Patient", 29));
    site.server.store().reload();

    assertThat(site.runAll("r2")).isZero();

    assertThat(warnings("r2").toString())
        .contains(
            "no export has contained a list of deletions (deleted files) yet", "bulk.mode = full");
  }

  @Test
  void oneTypeThatChangedAsAWholeIsNoSignOfThat() throws IOException {
    openFull(30, 30);
    site.settings.put("bulk.mode", "incremental");
    Files.writeString(
        site.data.resolve("Patient.ndjson"), lines("Patient", 30).replace("}", ",\"x\":1}"));
    site.server.store().reload();

    assertThat(site.runAll("r2")).isZero();

    assertThat(site.report("r2", "extract").at("/result/since_ignored").asBoolean()).isFalse();
    assertThat(warnings("r2")).isEmpty();
  }
}
