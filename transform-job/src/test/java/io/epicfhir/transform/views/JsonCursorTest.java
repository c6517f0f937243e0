package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCursorTest {
  private static final JsonMapper JACKSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();
  private static final String[] PIECES = {
    "a",
    "family",
    "\\n",
    "\\\"",
    "\\\\",
    "\\u00e4",
    "\\uD83D\\uDE00",
    "\u00e4",
    "\u2028",
    "\uD83D\uDE00",
    "{",
    "]",
    ",",
    " ",
    "12345678"
  };
  private static final String[] SCALARS = {
    "true",
    "false",
    "null",
    "0",
    "1.50",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "0.1234567890123456789012345678901234567890"
  };

  private static JsonCursor over(String json) {
    byte[] bytes = ("##" + json + "\"}]#").getBytes(StandardCharsets.UTF_8);
    JsonCursor cursor = new JsonCursor();
    cursor.start(bytes, 2, bytes.length - 4);
    return cursor;
  }

  @Test
  void reads_what_jackson_reads_of_any_json() throws JsonProcessingException {
    Random random = new Random(20260301);
    for (int i = 0; i < 20_000; i++) {
      String json = value(random, 0);
      JsonCursor cursor = over(json);
      Object read = read(cursor);
      assertThat(cursor.atEnd()).as(json).isTrue();
      assertThat(read).as(json).isEqualTo(expected(JACKSON.readTree(json)));
      JsonCursor skipping = over(json);
      skipping.skip();
      assertThat(skipping.atEnd()).as(json).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"9223372036854775807", "-9223372036854775808", "0", "-1"})
  void a_whole_number_of_64_bits_is_read(String number) {
    assertThat(over(number).whole()).isEqualTo(Long.parseLong(number));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9223372036854775808",
        "-9223372036854775809",
        "1.0",
        "1e2",
        "99999999999999999999"
      })
  void no_other_number_is_whole(String number) {
    assertThat(over(number).whole()).isNull();
  }

  @Test
  void half_a_surrogate_pair_becomes_the_replacement_character() {
    assertThat(over("\"a\\ud83d\"").text()).hasToString("a\uFFFD");
    assertThat(over("\"\\ud83d\\u0041\"").text()).hasToString("\uFFFDA");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{\"f0\"",
        "{\"f0\":",
        "{\"f0\":1",
        "{\"f0\":1,",
        "{\"f0\":1,}",
        "{a:1}",
        "[1",
        "[1,",
        "[1 2]",
        "[1,]",
        "\"x",
        "\"x\\",
        "\"\\u12\"",
        "\"\\q\"",
        "{\"f0\" 1}",
        "tru",
        "x",
        "{\"f0\":1]",
        "[\"\\u12G4\"]"
      })
  void what_is_no_json_is_refused(String json) {
    assertThatThrownBy(() -> read(exactly(json))).isInstanceOf(MalformedJson.class);
  }

  private static JsonCursor exactly(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    JsonCursor cursor = new JsonCursor();
    cursor.start(bytes, 0, bytes.length);
    return cursor;
  }

  /** Numbers as "#digits", so that they differ from texts. */
  private static Object read(JsonCursor json) {
    return switch (json.first()) {
      case '{' -> fields(json);
      case '[' -> {
        List<Object> items = new ArrayList<>();
        for (boolean more = json.firstItem(); more; more = json.nextItem()) {
          items.add(read(json));
        }
        yield items;
      }
      case '"' -> json.text().toString();
      case 't', 'f' -> json.bool();
      case 'n' -> {
        json.skip();
        yield "null";
      }
      default -> "#" + json.number();
    };
  }

  private static Map<String, Object> fields(JsonCursor json) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (boolean more = json.firstField(); more; more = json.nextField()) {
      assertThat(json.fieldName().is("f0".getBytes(StandardCharsets.UTF_8)))
          .isEqualTo(fields.isEmpty());
      fields.put("f" + fields.size(), read(json));
    }
    return fields;
  }

  private static Object expected(JsonNode node) {
    if (node.isObject()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      node.properties().forEach(f -> fields.put(f.getKey(), expected(f.getValue())));
      return fields;
    }
    if (node.isArray()) {
      List<Object> items = new ArrayList<>();
      node.forEach(item -> items.add(expected(item)));
      return items;
    }
    return switch (node.getNodeType()) {
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case NULL -> "null";
      default -> "#" + node.numberValue();
    };
  }

  private static String value(Random random, int depth) {
    int kind = random.nextInt(depth > 4 ? 2 : 4);
    String space = " ".repeat(random.nextInt(3) / 2);
    return space
        + switch (kind) {
          case 0 -> SCALARS[random.nextInt(SCALARS.length)];
          case 1 -> "\"" + text(random) + "\"";
          case 2 -> object(random, depth);
          default -> array(random, depth);
        }
        + space;
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  private static String object(Random random, int depth) {
    List<String> fields = new ArrayList<>();
    for (int i = 0, n = random.nextInt(4); i < n; i++) {
      String name = random.nextBoolean() ? "f" + i : "\\u0066" + i;
      fields.add("\"" + name + "\" :" + value(random, depth + 1));
    }
    return "{" + String.join(",", fields) + "}";
  }

  private static String array(Random random, int depth) {
    List<String> items = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      items.add(value(random, depth + 1));
    }
    return "[" + String.join(",", items) + "]";
  }
}
