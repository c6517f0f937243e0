package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Resources that are not as FHIR says: nothing of them is lost without a word. */
final class OddResourcesTest {
  /** What a view made of one resource. */
  private record Seen(List<String> rows, Refusal refusal, Map<String, Long> drift) {}

  private static Seen run(String type, String view, String resource) {
    ViewDefinition definition =
        ViewDefinition.parse(
            "{\"resourceType\": \"ViewDefinition\", \"name\": \"v\", \"resource\": \""
                + type
                + "\", "
                + view
                + "}",
            "v.json");
    CompiledViews views = ViewCompiler.compile(type, List.of(definition));
    RowLines rows = new RowLines(views.views().get(0).columns());
    Drift drift = new Drift();
    byte[] bytes = resource.getBytes(StandardCharsets.UTF_8);
    views.runner(drift).run(UTF8String.fromString("a"), bytes, 0, bytes.length, rows);
    return new Seen(
        rows.refusal() == null ? rows.lines() : List.of(), rows.refusal(), drift.value());
  }

  private static Seen integer(String value) {
    return run(
        "Observation",
        "\"select\": [{\"column\": [{\"name\": \"n\", \"path\": \"value.ofType(integer)\"}]}]",
        "{\"valueInteger\": " + value + "}");
  }

  @ParameterizedTest
  @CsvSource({
    "5.0, 5, a whole number with a point or an exponent",
    "-2E3, -2000, a whole number with a point or an exponent",
    "3000000000, null, a whole number beyond 32 bits",
    "1E99999999, null, a whole number beyond 64 bits",
    "5.5, null, not a whole number",
    "'\"3000000000\"', null, a whole number beyond 32 bits",
    "'\"5.0\"', 5, a number in quotes",
  })
  void aWholeNumberThatIsNotWrittenAsOneIsCounted(String written, String read, String problem) {
    Seen seen = integer(written);
    assertThat(seen.rows()).containsExactly("{\"n\":" + read + "}");
    assertThat(seen.drift()).containsEntry("Observation.valueInteger: " + problem, 1L);
  }

  @Test
  void aWholeNumberIsNothingOdd() {
    assertThat(integer("-2147483648").drift()).isEmpty();
    assertThat(integer("-2147483648").rows()).containsExactly("{\"n\":-2147483648}");
  }

  private static Seen labelled(String meta) {
    return run(
        "Patient",
        "\"where\": [{\"path\": \"(meta.security.where(system = 'urn:s' and code = 'R').exists()"
            + " or %unreadSecurityLabel).not()\"}],"
            + " \"select\": [{\"column\": [{\"name\": \"id\", \"path\": \"id\"}]}]",
        "{\"id\": \"a\", " + meta + "}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"meta\": {\"security\": {\"code\": \"R\"}}",
        "\"meta\": [{\"security\": [{\"code\": \"R\"}]}]",
        "\"meta\": \"R\"",
        "\"meta\": {\"security\": [{\"code\": [\"R\"]}]}",
        "\"meta\": {\"security\": [{\"code\": 5}]}",
        "\"meta\": {\"security\": [{\"system\": {}, \"code\": \"R\"}]}",
        "\"meta\": {\"security\": [\"R\"]}",
        "\"meta\": {\"security\": [{\"code\": \"R\"}]}, \"meta\": {\"security\": []}",
        "\"meta\": {\"security\": [{\"code\": \"R\"}], \"security\": [{\"code\": \"N\"}]}",
        "\"meta\": {\"security\": [{\"system\": \"urn:s\", \"code\": \"R\", \"code\": \"N\"}]}",
      })
  void aLabelThatCannotBeReadKeepsTheResourceOut(String meta) {
    Seen seen = labelled(meta);
    assertThat(seen.rows()).isEmpty();
    assertThat(seen.refusal()).isNull();
    assertThat(seen.drift()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"active\": true",
        "\"active\": \"odd\"",
        "\"meta\": {\"profile\": [\"urn:x\"], \"lastUpdated\": 5}",
        "\"meta\": {\"security\": []}",
        "\"meta\": {\"security\": [{\"system\": \"urn:other\", \"code\": \"R\"}]}",
        "\"meta\": {\"security\": [{\"system\": \"urn:s\", \"code\": \"N\"}, null]}",
      })
  void otherResourcesStay(String meta) {
    assertThat(labelled(meta).rows()).containsExactly("{\"id\":\"a\"}");
  }

  private static String values(int number) {
    return IntStream.range(0, number)
        .mapToObj(i -> "{\"value\": \"" + i + "\"}")
        .collect(Collectors.joining(",", "[", "]"));
  }

  @Test
  void listsSideBySideThatWouldFillTheMemoryAreRefused() {
    Seen seen =
        run(
            "Patient",
            "\"select\": [{\"forEach\": \"identifier\", \"column\": [{\"name\": \"i\", \"path\":"
                + " \"value\"}]}, {\"forEach\": \"telecom\", \"column\": [{\"name\": \"t\","
                + " \"path\": \"value\"}]}]",
            "{\"identifier\": " + values(20_000) + ", \"telecom\": " + values(20_000) + "}");
    assertThat(seen.refusal().reason())
        .startsWith("a view may give at most 10000000 values (rows × columns) per resource");
  }

  @Test
  void aListInEachOfManyRowsCountsByItsItems() {
    Seen seen =
        run(
            "Patient",
            "\"select\": [{\"forEach\": \"telecom\", \"column\": [{\"name\": \"all\", \"path\":"
                + " \"%resource.identifier.value\", \"collection\": true}]}]",
            "{\"identifier\": " + values(5_000) + ", \"telecom\": " + values(5_000) + "}");
    assertThat(seen.refusal().reason()).startsWith("a view may give at most 10000000 values");
  }

  @Test
  void aLongListIsNoReason() {
    Seen seen =
        run(
            "Patient",
            "\"select\": [{\"forEach\": \"identifier\", \"column\": [{\"name\": \"i\", \"path\":"
                + " \"value\"}]}]",
            "{\"identifier\": " + values(100_000) + "}");
    assertThat(seen.rows()).hasSize(100_000);
  }
}
