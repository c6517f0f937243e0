package io.epicfhir.extract.crawl.pages;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.extract.source.answer.BrokenBody;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageScanTest {
  private static final References REFERENCES =
      new References("https://h/R4/", Set.of("Medication", "Location"), Set.of("Media"));

  private static Page page(String text) throws IOException {
    return PageScan.page(text.getBytes(UTF_8), REFERENCES);
  }

  private static List<String> texts(Page page) {
    return page.entries().stream()
        .map(e -> new String(page.bytes(), e.offset(), e.length(), UTF_8))
        .toList();
  }

  @Test
  void resources_are_found_by_their_bytes() throws IOException {
    String first =
        "{ \"id\" : \"a\",\"resourceType\":\"Goal\",\n\"x\":[{\"id\":\"in\"},1.50,\"Ø\u2028\uD83D\uDE00}\\\"\"]}";
    String second =
        "{\"contained\":[{\"resourceType\":\"Task\",\"id\":\"t\"}],\"resourceType\":\"Goal\",\"id\":\"b\"}";
    Page page =
        page(
            "\uFEFF {\"entry\":[{\"fullUrl\":\"ü\",\"resource\": "
                + first
                + " ,\"search\":{\"mode\":\"match\"}},{\"resource\":"
                + second
                + "}],\"link\":[{\"url\":\"https://h/x\",\"relation\":\"self\"},{\"url\":\"https://h/n\",\"relation\":\"next\"}],"
                + "\"resourceType\":\"Bundle\"}");

    assertThat(texts(page)).containsExactly(first, second);
    assertThat(page.entries()).extracting(Entry::type).containsExactly("Goal", "Goal");
    assertThat(page.entries()).extracting(Entry::id).containsExactly("a", "b");
    assertThat(page.next()).isEqualTo("https://h/n");
  }

  @Test
  void references_to_wanted_types_are_found_once_and_without_a_version() throws IOException {
    Page page =
        page(
            "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Media\",\"a\":["
                + "{\"reference\":\"Medication/1\"},{\"reference\":\"https://h/R4/Medication/1/_history/2\"},"
                + "{\"reference\":\"https://h/R4/Location/L\"},{\"reference\":\"https://other/R4/Location/M\"},"
                + "{\"reference\":\"HTTPS://H:443/R4/Location/N\"},{\"reference\":\"https://h/r4/Location/O\"},"
                + "{\"reference\":\"urn:uuid:Location/P\"},"
                + "{\"reference\":\"#Medication/3\"},{\"reference\":\"Location?identifier=x\"},{\"reference\":\"Goal/4\"}],"
                + "\"content\":{\"url\":\"https://h/R4/Binary/b\"},\"x\":{\"url\":\"https://other/Binary/c\"}}}]}");

    assertThat(page.references())
        .containsExactly("Medication/1", "Location/L", "Location/N", "Binary/b");
  }

  @Test
  void outcomes_are_read_in_codes_and_nothing_found_is_no_entry() throws IOException {
    Page page =
        page(
            "{\"resourceType\":\"Bundle\",\"entry\":["
                + "{\"resource\":{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"warning\",\"code\":\"not-found\",\"details\":{\"coding\":[{\"code\":\"4101\"}]}}]}},"
                + "{\"resource\":{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"processing\",\"details\":{\"text\":\"John Doe\"}}]}}]}");

    assertThat(page.outcomes())
        .containsExactly(new OutcomeCode(false, "4101"), new OutcomeCode(true, "processing"));
    assertThat(page.entries()).extracting(Entry::kind).containsExactly(Entry.Kind.ERROR);
  }

  @Test
  void an_outcome_in_place_of_a_bundle_is_an_entry() throws IOException {
    Page page =
        page(
            "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"fatal\",\"code\":\"x\"}]}");
    assertThat(page.outcomes())
        .as("a code that no list of FHIR's or Epic's has is not repeated")
        .containsExactly(new OutcomeCode(true, "unlisted-code"));
    assertThat(page.entries()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html/>",
        "[]",
        "{\"resourceType\":\"Bundle\"",
        "{\"resourceType\":\"Bundle\"} {}",
        "{\"resourceType\":\"Patient\"}",
        "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"id\":1}"
      })
  void what_is_no_whole_page_is_broken(String text) {
    assertThatThrownBy(() -> page(text)).isInstanceOf(BrokenBody.class);
  }

  @Test
  void what_is_not_in_utf_8_is_broken() {
    byte[] bytes =
        "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Goal\"}}]}"
            .getBytes(UTF_16BE);
    assertThatThrownBy(() -> PageScan.page(bytes, REFERENCES)).isInstanceOf(BrokenBody.class);
  }
}
