package io.epicfhir.extract.crawl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceScanTest {
  private static final References WANTED =
      new References("https://h/R4/", Set.of("Medication", "Location"), Set.of());

  /** Jackson, token by token, is the other implementation; both or the slower one must know it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":{\"reference\":\"Medication/1\"},\"b\":[{\"reference\":\"Location/2\"}]}",
        "{\"a\":{\"reference\" \t: \"Medication/1\"},\"b\":{\"reference\":\"Patient/2\"}}",
        "{\"a\":{\"reference\":\"https://h/R4/Location/1/_history/3\"},\"b\":{\"reference\":\"#Medication/1\"}}",
        "{\"a\":{\"reference\":\"HTTPS://H:443/R4/Location/N\"},\"b\":{\"reference\":\"Location?identifier=x|1\"}}",
        "{\"code\":\"reference\",\"a\":\"reference\" ,\"b\":[\"reference\",\"Location/1\"]}",
        "{\"div\":\"{\\\"reference\\\":\\\"Location/1\\\"}\",\"a\":{\"reference\":\"Location/2\"}}",
        "{\"div\":\"ends with \\\"reference\",\"a\":{\"reference\":\"Location/2\"}}",
        "{\"\\\"reference\":\"Location/1\",\"a\":{\"reference\":\"Location/2\"}}",
        "{\"a\":{\"\\u0072eference\":\"Location/1\"},\"b\":{\"refer\\u0065nce\":\"Location/2\"}}",
        "{\"a\":{\"reference\":\"Location\\/1\"},\"b\":{\"reference\":\"\\u004cocation/2\"}}",
        "{\"a\":{\"reference\":\"Location/\\\\\"},\"b\":{\"reference\":\"Location/2\\\"\"}}",
        "{\"a\":{\"reference\":{\"reference\":\"Location/1\"}},\"b\":{\"reference\":[\"Location/2\"]}}",
        "{\"a\":{\"reference\":null},\"b\":{\"reference\":7},\"c\":{\"reference\":\"Location/ü\"}}",
        "{\"preference\":\"Location/1\",\"references\":\"Location/2\",\"x\":\"caf\\u00e9\",\"reference\":\"Location/3\"}",
      })
  void finds_what_a_parser_finds(String fields) throws IOException {
    byte[] line = ("{\"resourceType\":\"Goal\"," + fields.substring(1)).getBytes(UTF_8);
    Set<String> parsed = new LinkedHashSet<>(PageScan.resource(line, WANTED).references());

    Set<String> found = new LinkedHashSet<>();
    boolean all = new ReferenceScan(WANTED).scan(line, 0, line.length, found);

    assertThat(parsed).containsAll(found);
    assertThat(all ? found : parsed).isEqualTo(parsed);
  }

  @Test
  void needs_no_parser_for_texts_with_escapes() {
    String line =
        "{\"text\":{\"div\":\"<p class=\\\"x\\\">caf\\u00e9\\n</p>\"},\"a\":{\"reference\":\"Location/1\"}}";
    Set<String> found = new LinkedHashSet<>();

    byte[] bytes = line.getBytes(UTF_8);
    assertThat(new ReferenceScan(WANTED).scan(bytes, 0, bytes.length, found)).isTrue();
    assertThat(found).containsExactly("Location/1");
  }
}
