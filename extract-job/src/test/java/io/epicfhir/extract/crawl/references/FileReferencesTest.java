package io.epicfhir.extract.crawl.references;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.bronze.LineHead;
import io.epicfhir.extract.crawl.pages.References;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileReferencesTest {
  private static final References WANTED =
      new References("https://h/R4/", Set.of("Medication", "Location", "Observation"), Set.of());

  @TempDir Path folder;

  private List<String> noted(String... lines) throws IOException {
    Path note = folder.resolve("note.txt");
    try (FileReferences references =
        new FileReferences(
            WANTED, new Configuration(), new org.apache.hadoop.fs.Path(note.toUri()))) {
      for (String line : lines) {
        byte[] buffer = ("\"\"\"" + line + "\n{\"reference\":\"Location/next\"}").getBytes(UTF_8);
        int length = line.getBytes(UTF_8).length;
        LineHead head = LineHead.of(buffer, 3, length, "Goal", true);
        assertThat(head.rejection()).isNull();
        references.take(head, buffer, 3, length);
      }
      references.finish();
    }
    List<String> all = Files.readAllLines(note);
    assertThat(all.get(0)).isEqualTo("https://h/R4/ [Location, Medication, Observation]");
    return all.subList(1, all.size());
  }

  /** Jackson, token by token, is the other implementation. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"a\":{\"reference\":\"Medication/1\"},\"b\":[{\"reference\":\"Location/2\"}]",
        "\"a\":{\"reference\" \t: \"Medication/1\"},\"b\":{\"reference\":\"Patient/2\"}",
        "\"a\":{\"reference\":\"https://h/R4/Location/1/_history/3\"},\"b\":{\"reference\":\"#Medication/1\"}",
        "\"a\":{\"reference\":\"HTTPS://H:443/R4/Location/N\"},\"b\":{\"reference\":\"Location?identifier=x|1\"}",
        "\"code\":\"reference\",\"a\":\"reference\" ,\"b\":[\"reference\",\"Location/1\"]",
        "\"div\":\"{\\\"reference\\\":\\\"Location/1\\\"}\",\"a\":{\"reference\":\"Location/2\"}",
        "\"\\\"reference\":\"Location/1\",\"a\":{\"\\\"reference\":\"Location/2\"}",
        "\"a\":{\"\\u0072eference\":\"Location/1\"},\"b\":{\"refer\\u0065nce\":\"Location/2\"}",
        "\"a\":{\"reference\":\"Location\\/1\"},\"b\":{\"reference\":\"\\u004cocation/2\"}",
        "\"a\":{\"reference\":\"Location/\\\\\"},\"b\":{\"reference\":\"Location/2\\\"\"}",
        "\"a\":{\"reference\":{\"reference\":\"Location/1\"}},\"b\":{\"reference\":[\"Location/2\"]}",
        "\"a\":[{\"reference\":null},\"Location/1\"],\"b\":[{\"reference\":7},\"Location/2\",{\"reference\":{}},\"Location/3\"]",
        "\"preference\":\"Location/1\",\"references\":\"Location/2\",\"x\":\"caf\\u00e9\",\"reference\":\"Location/ü\"",
        "\"a\":{\"reference\":\"Location/1\"},\"b\":{\"reference\":\"Observation/2\"},\"subject\":{\"reference\":\"Patient/p\"}",
        "\"contained\":[{\"id\":\"m\",\"x\":{\"reference\":\"Medication/9\"}}],\"a\":{\"reference\":\"\"}"
      })
  void notesWhatAParserFinds(String fields) throws IOException {
    String line = "{\"resourceType\":\"Goal\",\"id\":\"g\"," + fields + "}";

    assertThat(new HashSet<>(noted(line)))
        .isEqualTo(Set.copyOf(NamedReferences.of(line.getBytes(UTF_8), WANTED)));
  }

  @Test
  void whatBelongsToAPatientIsNotedWithThePatient() throws IOException {
    String line =
        "{\"resourceType\":\"Goal\",\"id\":\"d\",\"subject\":{\"reference\":\"Patient/p\"},"
            + "\"result\":[{\"reference\":\"Observation/o\"}],\"x\":{\"reference\":\"Location/1\"}}";

    assertThat(noted(line)).containsExactlyInAnyOrder("Observation/o\tp", "Location/1\t");
  }

  @Test
  void oneIsNotedOnceAndNoneIsNotedToo() throws IOException {
    String line = "{\"resourceType\":\"Goal\",\"id\":\"g\",\"a\":{\"reference\":\"Location/1\"}}";

    assertThat(noted(line, line)).containsExactly("Location/1\t");
    Files.delete(folder.resolve("note.txt"));
    assertThat(noted()).isEmpty();
  }
}
