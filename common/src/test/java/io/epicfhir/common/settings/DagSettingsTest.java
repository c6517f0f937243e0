package io.epicfhir.common.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.common.Contracts;
import io.epicfhir.common.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DagSettingsTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"pipeline,pipeline-settings", "validation,validation-settings"})
  void theShippedSettingsAreWhatTheContractSays(String kind, String contract) throws IOException {
    assertThat(ask(kind, HOME.resolve("conf/" + kind + ".conf"))).isEqualTo(ExitCode.DONE);
    JsonNode told = told();
    assertThat(names(told)).isEqualTo(Contracts.keys(contract));
    assertThat(told).isEqualTo(Contracts.golden(contract));
  }

  @Test
  void includedFilesAreNamedAndTheirValuesAreThere() throws IOException {
    Files.createDirectory(folder.resolve("shared"));
    Files.writeString(folder.resolve("shared/deep.conf"), "epic-fhir.files.readers = group");
    Files.writeString(
        folder.resolve("shared/base.conf"),
        "include \"deep\"\nepic-fhir { lake = \"../lake\", bulk.poll-interval = 2 minutes }");
    Path site =
        file(
            "include required(file(\""
                + folder
                + "/shared/base.conf\"))\nepic-fhir.lake = ${?NOBODY_SETS_THIS}");
    assertThat(ask("pipeline", site)).isEqualTo(ExitCode.DONE);
    JsonNode told = told();
    assertThat(told.get("included").toString())
        .contains(folder + "/shared/base.conf", folder + "/shared/deep.conf");
    assertThat(told.get("readers").asText()).isEqualTo("group");
    assertThat(told.get("poll_interval_ms").asLong()).isEqualTo(120_000);
    assertThat(told.get("lake").asText()).isEqualTo(folder.getParent() + "/lake");
  }

  @Test
  void whatFollowsTheDatabasesNameIsNotTold() throws IOException {
    Path file =
        file(
            "epic-fhir { lake = \"s3a://b/l/\", bulk.poll-interval = 1s, load.jdbc-url ="
                + " \"jdbc:postgresql://h/d?user=u&password=CANARY\" }");
    assertThat(ask("pipeline", file)).isEqualTo(ExitCode.DONE);
    assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("CANARY");
    assertThat(told().get("database").asText()).isEqualTo("jdbc:postgresql://h/d");
    assertThat(told().get("lake").asText()).isEqualTo("s3a://b/l");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "include \"nobody.conf\"; 'includes files that do not exist: nobody.conf; create them'",
        "include file(\"/nobody.conf\"); 'includes files that do not exist: /nobody.conf;'",
        "include url(\"file:///etc/hosts\"); 'is not a file; include a file instead'",
        "include classpath(\"reference.conf\"); 'is not a file; include a file instead'",
        "epic-fhir { lake = x }; bulk.poll-interval is missing",
        "epic-fhir { lake = x, bulk.poll-interval = soon }; expected a duration",
        "epic-fhir { lake = x, bulk.poll-interval = 1s, files.readers = all }; expected one of",
        "epic-fhir { lkae = x, bulk.poll-interval = 1s }; did you mean lake?",
        "epic-fhir { lake = ${UNSET_AND_NEEDED} }; Cannot read the settings",
      })
  void whatCannotBeUsedIsASentenceAndNoJson(String text, String sentence) throws IOException {
    assertThat(ask("pipeline", file(text))).isEqualTo(ExitCode.SETTINGS);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(sentence.strip());
    assertThat(out.size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deleted = 10",
        "rows-lost = 10",
        "nulls-more = 1.01",
        "patients-unknown = Infinity",
        "deleted = NaN"
      })
  void aShareInPercentIsRefusedAsItWouldSwitchItsCheckOff(String share) throws IOException {
    String shipped = Files.readString(HOME.resolve("conf/validation.conf"));
    String key = share.substring(0, share.indexOf(' '));
    Path file = file(shipped.replaceFirst(key + " = .*", share));

    assertThat(ask("validation", file)).isEqualTo(ExitCode.SETTINGS);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains(key)
        .contains("a number from 0.0 to 1.0");
  }

  @Test
  void wrongArgumentsSayWhatToGive() {
    assertThat(DagSettings.run(stream(out), stream(err), "load")).isEqualTo(ExitCode.SETTINGS);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("usage: pipeline|validation FILE");
    assertThat(DagSettings.run(stream(out), stream(err), "load", "x")).isEqualTo(ExitCode.SETTINGS);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("ask for pipeline or validation");
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("site.conf"), text);
  }

  private ExitCode ask(String kind, Path file) {
    return DagSettings.run(stream(out), stream(err), kind, file.toString());
  }

  private JsonNode told() throws IOException {
    String text = out.toString(StandardCharsets.UTF_8);
    return new ObjectMapper().readTree(text.replace(HOME.toString(), "/pipeline"));
  }

  private static Set<String> names(JsonNode node) {
    Set<String> names = new TreeSet<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
