package io.epicfhir.extract.bronze;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.google.common.base.Utf8;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FastScanTest {
  private static final String LINE =
      "{\"resourceType\":\"Observation\",\"id\":\"a-1\",\"meta\":{\"versionId\":\"7\","
          + "\"lastUpdated\":\"2026-03-02T10:00:00Z\",\"tag\":[{\"id\":\"x\"}]},"
          + "\"value\":[1,-0.5,1e9,1.50E-3,true,false,null,\"\\u00e9\\n\\\"\",{},[],[[0]]],"
          + "\"text\":\"Zo\u00eb \u2028 \ud83d\ude00 eight bytes and more, and more\"}";

  private final FastScan scan = new FastScan();

  private boolean scans(String line) {
    return scans(line.getBytes(UTF_8));
  }

  private boolean scans(byte[] line) {
    // In the middle of other bytes, as it lies in a buffer.
    byte[] buffer = new byte[line.length + 20];
    Arrays.fill(buffer, (byte) '"');
    System.arraycopy(line, 0, buffer, 9, line.length);
    return scan.scan(buffer, 9, line.length);
  }

  @Test
  void knows_what_bronze_keeps() {
    assertThat(scans(LINE)).isTrue();

    assertThat(List.of(scan.resourceType(), scan.id(), scan.versionId(), scan.lastUpdated()))
        .containsExactly("Observation", "a-1", "7", "2026-03-02T10:00:00Z");
    assertThat(scans(" {\t} \r")).isTrue();
    assertThat(scan.id()).isNull();
  }

  @Test
  void takes_no_inner_text_for_the_resources_own() {
    assertThat(
            scans(
                "{\"contained\":[{\"id\":\"in\",\"meta\":{\"versionId\":\"9\"}}],\"id\":5,"
                    + "\"meta\":[{\"versionId\":\"8\"}],\"x\":{\"versionId\":\"6\",\"resourceType\":\"y\"}}"))
        .isTrue();
    assertThat(scan.id()).isNull();
    assertThat(scan.versionId()).isNull();
    assertThat(scan.resourceType()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"\\u0069d\":\"a\"}",
        "{\"id\":\"a\\u0062\"}",
        "{\"id\":\"a\",\"id\":\"b\"}",
        "[]",
        "",
        "{\"id\":\"a\"",
        "{\"id\":\"a\"}}",
        "{\"id\":\"a\"} x",
        "{\"id\" \"a\"}",
        "{id:1}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":1e}",
        "{\"a\":tru}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":[1,]}",
        "{\"a\":1,}",
        "{\"a\":[1}",
        "{,}"
      })
  void leaves_to_the_slower_look_what_is_rare_or_wrong(String line) {
    assertThat(scans(line)).isFalse();
  }

  @Test
  void never_says_yes_where_a_full_parser_says_no() throws IOException {
    Random random = new Random(7);
    byte[] good = LINE.getBytes(UTF_8);
    byte[] odd =
        "{}[]\",:\\u0eE+-.tfn \n\t\u00e9\u00c3\u00a9\u00ed\u00a0\u0000\u00ff".getBytes(ISO_8859_1);
    int yes = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] line = good.clone();
      for (int changes = random.nextInt(3); changes >= 0; changes--) {
        line[random.nextInt(line.length)] = odd[random.nextInt(odd.length)];
      }
      if (random.nextInt(10) == 0) {
        line = Arrays.copyOf(line, random.nextInt(line.length));
      }
      if (scans(line)) {
        yes++;
        assertThat(whole(line)).as(new String(line, ISO_8859_1)).isTrue();
      }
    }
    assertThat(yes).isGreaterThan(1000);
  }

  private static boolean whole(byte[] line) throws IOException {
    if (!Utf8.isWellFormed(line)) {
      return false;
    }
    try (JsonParser parser = new JsonFactory().createParser(line)) {
      parser.nextToken();
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      return false;
    }
  }
}
