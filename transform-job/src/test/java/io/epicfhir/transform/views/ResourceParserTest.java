package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceParserTest {
  private static List<String> rows(String resource, String select, String json) {
    String view = "{\"name\":\"v\",\"resource\":\"" + resource + "\",\"select\":" + select + "}";
    ViewDefinition definition = ViewDefinition.parse(view, "v.json");
    return LocalViews.rows(
        ViewCompiler.compile(resource, List.of(definition)), 0, List.of("k"), List.of(json));
  }

  @Test
  void a_field_of_another_json_type_is_absent_and_its_neighbours_are_not() {
    String select =
        """
        [{"column":[{"name":"active","path":"active"},{"name":"gender","path":"gender"},
        {"name":"family","path":"name.family","collection":true},
        {"name":"n","path":"multipleBirth.ofType(integer)"},{"name":"id","path":"id"}]}]""";
    String resource =
        """
        {"resourceType":"Patient","active":"yes","gender":["x",{"y":[1]}],"name":["a",{"family":"F"},
        {"family":7},null,[{}]],"multipleBirthInteger":99999999999,"new":{"a":[{}]},"id":"k"}""";
    assertThat(rows("Patient", select, resource))
        .containsExactly(
            "{\"active\":null,\"gender\":null,\"family\":[\"F\"],\"n\":null,\"id\":\"k\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "35.3|35.3|null",
        "-0.50|-0.50|null",
        "1e3|1e3|1000",
        "7|7|7",
        "2.0|2.0|2",
        "99999999999|99999999999|null",
        "1.2.3|null|null",
        "2020-01-02|null|null",
        "007|null|null",
        ">5|null|null",
        " 5|null|null",
        "5 mg|null|null",
        "NaN|null|null",
        "|null|null"
      })
  void a_number_in_quotes_is_read_where_nothing_but_a_json_number_is_in_them(
      String text, String decimal, String whole) {
    String select =
        """
        [{"column":[{"name":"d","path":"value.ofType(Quantity).value"},
        {"name":"i","path":"component.value.ofType(integer).first()"},{"name":"id","path":"id"}]}]""";
    String resource =
        """
        {"resourceType":"Observation","valueQuantity":{"value":"%1$s","unit":"x"},
        "component":[{"valueInteger":"%1$s"}],"id":"k"}"""
            .formatted(text == null ? "" : text);
    assertThat(rows("Observation", select, resource))
        .containsExactly("{\"d\":" + decimal + ",\"i\":" + whole + ",\"id\":\"k\"}");
  }

  @Test
  void numbers_in_quotes_are_counted() {
    Drift drift = new Drift();
    String view =
        "{\"name\":\"v\",\"resource\":\"Observation\",\"select\":[{\"column\":"
            + "[{\"name\":\"d\",\"path\":\"component.value.ofType(Quantity).value\",\"collection\":true}]}]}";
    CompiledViews compiled =
        ViewCompiler.compile("Observation", List.of(ViewDefinition.parse(view, "v.json")));
    byte[] resource =
        """
        {"resourceType":"Observation","component":[{"valueQuantity":{"value":"1"}},
        {"valueQuantity":{"value":"x"}},{"valueQuantity":{"value":2}},{"valueQuantity":{"value":"3.0"}}]}"""
            .getBytes(StandardCharsets.UTF_8);
    BitSet wanted = new BitSet();
    wanted.set(0);
    RowLines rows = new RowLines(compiled.views().get(0).columns());
    UTF8String key = UTF8String.fromString("k");
    compiled.runner(drift).run(key, resource, 0, resource.length, wanted, rows);
    assertThat(rows.lines()).containsExactly("{\"d\":[1,2,3.0]}");
    assertThat(drift.value())
        .containsOnly(
            Map.entry("Observation.component.valueQuantity.value: a number in quotes", 2L),
            Map.entry("Observation.component.valueQuantity.value: not a number", 1L));
  }

  @Test
  void text_comes_through_whatever_its_characters() {
    String family = "\u2028\uD83D\uDE00 \u00e4\\\"\\n".repeat(3);
    String resource = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"" + family + "\"}]}";
    String select = "[{\"column\":[{\"name\":\"f\",\"path\":\"name.family\"}]}]";
    assertThat(rows("Patient", select, resource)).containsExactly("{\"f\":\"" + family + "\"}");
  }

  @Test
  void a_text_longer_than_the_reader_takes_by_default_is_read() {
    String data = "x".repeat(21_000_000);
    String resource = "{\"resourceType\":\"Binary\",\"data\":\"" + data + "\"}";
    String select = "[{\"column\":[{\"name\":\"n\",\"path\":\"data.length()\"}]}]";
    assertThat(rows("Binary", select, resource)).containsExactly("{\"n\":21000000}");
  }

  @Test
  void repeat_reaches_the_nine_hundredth_level() {
    StringBuilder resource = new StringBuilder("{\"resourceType\":\"Questionnaire\"");
    for (int level = 1; level <= 900; level++) {
      resource.append(",\"item\":[{\"linkId\":\"").append(level).append('"');
    }
    resource.append("}]".repeat(900)).append('}');
    String select =
        "[{\"repeat\":[\"item\"],\"column\":[{\"name\":\"link\",\"path\":\"linkId\"}]}]";
    assertThat(rows("Questionnaire", select, resource.toString()))
        .hasSize(900)
        .last()
        .isEqualTo("{\"link\":\"900\"}");
  }

  @Test
  void a_resource_that_is_no_json_is_named_without_its_content() {
    String select = "[{\"column\":[{\"name\":\"id\",\"path\":\"id\"}]}]";
    Throwable failure = catchThrowable(() -> rows("Patient", select, "{\"id\":\"secret\",oops"));
    assertThat(failure)
        .hasMessageStartingWith("Cannot evaluate view v: the resource is not a JSON object")
        .isInstanceOf(ViewException.class)
        .extracting(refused -> ((ViewException) refused).kind())
        .isEqualTo(ViewException.Kind.EVALUATION);
    assertThat(failure).hasMessageNotContaining("secret");
  }

  /** A questionnaire response whose items lie in answers of items. */
  private static String nested(int levels) {
    StringBuilder resource = new StringBuilder("{\"resourceType\":\"QuestionnaireResponse\"");
    for (int level = 1; level <= levels; level++) {
      resource
          .append(level == 1 ? ",\"item\":" : ",\"answer\":[{\"item\":")
          .append("[{\"linkId\":\"")
          .append(level)
          .append('"');
    }
    resource.append("}]").append("}]}]".repeat(levels - 1));
    return resource.append('}').toString();
  }

  private static final String REPEAT =
      "[{\"repeat\":[\"item\",\"answer.item\"],"
          + "\"column\":[{\"name\":\"link\",\"path\":\"linkId\"}]}]";

  @Test
  void repeat_reaches_the_last_level_that_is_followed() {
    assertThat(rows("QuestionnaireResponse", REPEAT, nested(1_000)))
        .hasSize(1_000)
        .last()
        .isEqualTo("{\"link\":\"1000\"}");
  }

  @ParameterizedTest
  @ValueSource(ints = {1_001, 4_000, 100_000})
  void a_resource_that_is_deeper_is_refused(int levels) {
    assertThatThrownBy(() -> rows("QuestionnaireResponse", REPEAT, nested(levels)))
        .hasMessage(
            "Cannot evaluate view v, repeat item, answer.item: repeat follows elements to a depth of 1000"
                + " levels, and the resource is deeper; exclude it with where, or read fewer levels"
                + " with forEach (resource 1)");
  }

  @Test
  void a_view_without_repeat_takes_a_resource_of_any_depth() {
    String select = "[{\"column\":[{\"name\":\"n\",\"path\":\"item.answer.item.linkId\"}]}]";
    assertThat(rows("QuestionnaireResponse", select, nested(100_000)))
        .containsExactly("{\"n\":\"2\"}");
  }

  @Test
  void extensions_in_extensions_of_primitive_elements_are_read_as_deep_as_paths_go() {
    String deep =
        "{\"extension\":[{\"url\":\"u\",\"valueString\":\"v\",\"_valueString\":".repeat(50_000)
            + "{}"
            + "}]}".repeat(50_000);
    String select =
        "[{\"column\":[{\"name\":\"x\",\"path\":\"gender.extension('u').value.ofType(string)"
            + ".extension('u').value.ofType(string)\"}]}]";
    assertThat(rows("Patient", select, "{\"resourceType\":\"Patient\",\"_gender\":" + deep + "}"))
        .containsExactly("{\"x\":\"v\"}");
  }
}
