package io.epicfhir.extract.bronze;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineHeadTest {
  private static LineHead head(String line) {
    byte[] bytes = line.getBytes(UTF_8);
    return LineHead.of(bytes, 0, bytes.length, "Patient", true);
  }

  @Test
  void finds_its_keys_in_any_order_and_only_at_the_top() {
    LineHead head =
        head(
            "{\"contained\":[{\"resourceType\":\"Device\",\"id\":\"no\",\"meta\":{\"versionId\":\"0\"}}],"
                + "\"meta\":{\"tag\":[{\"id\":\"no\"}],\"lastUpdated\":\"2026-01-02T03:04:05Z\","
                + "\"versionId\":\"12\"},\"id\":\"a\\u0062\",\"resourceType\":\"Patient\"}\r");

    assertThat(head.rejection()).isNull();
    assertThat(head.id()).isEqualTo("ab");
    assertThat(head.versionId()).isEqualTo("12");
    assertThat(head.lastUpdated())
        .isEqualTo(Instant.parse("2026-01-02T03:04:05Z").getEpochSecond() * 1_000_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"resourceType\":\"Patient\",\"id\":\"x\"|not-a-json-object",
        "{\"resourceType\":\"Patient\",\"id\":\"x\"}{}|not-a-json-object",
        "{\"resourceType\":\"Patient\",\"id\":\"x\"} trailing|not-a-json-object",
        "{\"resourceType\":\"Patient\",\"id\":\"x\",\"n\":01}|not-a-json-object",
        "{\"resourceType\":\"Patient\",\"id\":\"x\",\"n\":\"a\\x\"}|not-a-json-object",
        "{\"resourceType\":\"Patient\",\"id\":\"x\",\"a\":[1,}]}|not-a-json-object",
        "[{\"resourceType\":\"Patient\",\"id\":\"x\"}]|not-a-json-object",
        "null|not-a-json-object",
        "<html>|not-a-json-object",
        "\uFEFF{\"resourceType\":\"Patient\",\"id\":\"x\"}|not-a-json-object",
        "{\"resourceType\":\"Device\",\"id\":\"x\"}|wrong-resource-type",
        "{\"id\":\"x\"}|no-resource-type",
        "{\"resourceType\":[\"Patient\"],\"id\":\"x\"}|no-resource-type",
        "{\"resourceType\":\"Patient\"}|no-id",
        "{\"resourceType\":\"Patient\",\"id\":\"\"}|no-id",
        "{\"resourceType\":\"Patient\",\"id\":7}|no-id",
        "{\"resourceType\":\"Patient\",\"id\":\"x\",\"id\":\"y\"}|repeated-key",
      })
  void turns_away_what_is_no_whole_resource(String line, String reason) {
    assertThat(head(line).rejection()).isNotNull();
    assertThat(head(line).rejection().reason()).isEqualTo(reason);
  }

  @Test
  void turns_away_bytes_that_are_no_utf8() {
    byte[] bytes = "{\"resourceType\":\"Patient\",\"id\":\"x?\"}".getBytes(UTF_8);
    bytes[bytes.length - 3] = (byte) 0xC3;

    assertThat(LineHead.of(bytes, 0, bytes.length, "Patient", true).rejection())
        .isEqualTo(Rejection.INVALID_UTF8);
  }

  @Test
  void a_last_updated_that_is_no_instant_is_absent_and_told() {
    LineHead head =
        head("{\"resourceType\":\"Patient\",\"id\":\"x\",\"meta\":{\"lastUpdated\":\"2026\"}}");

    assertThat(head.rejection()).isNull();
    assertThat(head.lastUpdated()).isNull();
    assertThat(head.oddLastUpdated()).isTrue();
  }

  @Test
  void takes_a_text_of_more_than_twenty_million_characters_and_numbers_of_any_length() {
    String line =
        "{\"resourceType\":\"Patient\",\"id\":\"x\",\"data\":\""
            + "A".repeat(21_000_000)
            + "\",\"n\":"
            + "1".repeat(2000)
            + "}";

    assertThat(head(line).rejection()).isNull();
  }

  @Test
  void the_bundle_of_deletions_needs_no_id() {
    byte[] bytes = "{\"resourceType\":\"Bundle\"}".getBytes(UTF_8);

    assertThat(LineHead.of(bytes, 0, bytes.length, "Bundle", false).rejection()).isNull();
  }
}
