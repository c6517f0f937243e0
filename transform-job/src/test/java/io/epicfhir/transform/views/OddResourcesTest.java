package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.eval.Eval;
import io.epicfhir.transform.fhirpath.eval.EvalCompiler;
import io.epicfhir.transform.fhirpath.eval.Frame;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
        "\"meta\": {\"security\": [{\"system\": \"urn:s\", \"code\": \"R\","
            + " \"_code\": {\"id\": \"1\"}, \"_code\": {\"id\": \"2\"}}]}",
        "\"meta\": {\"security\": [{\"_system\": {}, \"_system\": null, \"system\": \"urn:t\"}]}",
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

  /** Of two fields of one name the last one is read, beside primitive elements, too. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "gender; \"male\"; _gender; gender",
        "active; true; _active; active",
        "active; true; _active; active = true",
        "multipleBirthInteger; 2; _multipleBirthInteger; multipleBirth.ofType(integer)",
        "birthDate; \"1990-01-01\"; _birthDate; birthDate",
        "deceasedDateTime; \"1990\"; _deceasedDateTime; deceased.ofType(dateTime)",
      })
  void whatIsBesideAnElementTwiceChangesNoValue(
      String field, String value, String beside, String path) {
    String one = "\"" + beside + "\": {\"id\": \"1\"}";
    String two = "\"" + beside + "\": {\"id\": \"2\"}";
    String itself = "\"" + field + "\": " + value;
    String expected =
        "{\"v\":" + (path.contains("=") ? "true" : value) + ",\"id\":\"2\",\"h\":true}";
    String element = path.replace(" = true", "");
    String view =
        "\"select\": [{\"column\": [{\"name\": \"v\", \"path\": \""
            + path
            + "\"},"
            + "{\"name\": \"id\", \"path\": \""
            + element
            + ".id\"},"
            + "{\"name\": \"h\", \"path\": \""
            + element
            + ".hasValue()\"}]}]";
    for (String fields :
        List.of(
            itself + ", " + one + ", " + two,
            one + ", " + itself + ", " + two,
            one + ", " + two + ", " + itself)) {
      assertThat(run("Patient", view, "{" + fields + "}").rows()).containsExactly(expected);
    }
    String alone = run("Patient", view, "{" + one + ", " + two + "}").rows().get(0);
    assertThat(alone).contains("\"v\":null").contains("\"h\":false");
    for (String last : List.of("null", "[]", "\"x\"")) {
      String other = "\"" + beside + "\": " + last;
      assertThat(run("Patient", view, "{" + itself + ", " + one + ", " + other + "}").rows())
          .containsExactly(expected.replace("\"2\"", "null"));
    }
  }

  @Test
  void whatIsBesideADecimalOrAReferenceTwiceChangesNoValue() {
    Seen decimal =
        run(
            "Observation",
            "\"select\": [{\"column\": [{\"name\": \"v\", \"path\": \"value.ofType(Quantity).value\"},"
                + "{\"name\": \"k\", \"path\": \"subject.getReferenceKey()\"}]}]",
            "{\"valueQuantity\": {\"value\": 1.50, \"_value\": {}, \"_value\": {}},"
                + " \"subject\": {\"_reference\": {}, \"reference\": \"Patient/1\", \"_reference\": {}}}");
    assertThat(decimal.rows()).containsExactly("{\"v\":1.50,\"k\":\"1\"}");
  }

  /** It fails where it refuses a resource, and not in a file that holds the rows of all. */
  @ParameterizedTest
  @CsvSource({"BOOLEAN, string", "INTEGER, string", "LONG, boolean", "TEXT, boolean"})
  void aValueThatIsNotOfItsColumnsTypeReachesNoFile(Form column, String type) {
    Expr literal = new Expr.Literal("true", FhirType.primitive(type));
    Eval path = new EvalCompiler(null).compile(literal, null, 0).eval();
    for (boolean collection : List.of(true, false)) {
      ColumnProgram program = new ColumnProgram(Place.NONE, 0, path, collection, column, null);
      assertThatThrownBy(() -> program.value(null, new Frame(0)))
          .isInstanceOf(ClassCastException.class);
    }
  }

  private static Seen items(String iteration, String items) {
    return run(
        "QuestionnaireResponse",
        "\"select\": [{" + iteration + ", \"column\": [{\"name\": \"c\", \"path\": \"linkId\"}]}]",
        "{" + items + "}");
  }

  /** VIEWS.md, Unexpected JSON: an object where a list belongs reads as absent. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"item\": {\"linkId\": \"1\"}; ''; not a list",
        "\"item\": [5, {\"linkId\": \"1\"}, null]; 1; not an object",
        "\"item\": [{\"linkId\": \"1\"}], \"item\": [{\"linkId\": \"2\"}]; 2; ''",
        "\"item\": [{\"linkId\": \"1\"}], \"item\": {\"linkId\": \"2\"}; ''; not a list",
        "\"item\": [{\"linkId\": \"1\"}], \"item\": null; ''; ''",
      })
  void repeatReadsWhatForEachReads(String json, String links, String problem) {
    for (String iteration : List.of("\"repeat\": [\"item\"]", "\"forEach\": \"item\"")) {
      Seen seen = items(iteration, json);
      assertThat(seen.rows())
          .containsExactlyElementsOf(
              links.chars().mapToObj(link -> "{\"c\":\"" + (char) link + "\"}").toList());
      Map<String, Long> odd =
          problem.isEmpty() ? Map.of() : Map.of("QuestionnaireResponse.item: " + problem, 1L);
      assertThat(seen.drift()).isEqualTo(odd);
    }
  }

  /** The lists inside of what is reached, too; what FHIR does not have is not followed. */
  @Test
  void repeatReadsNestedElementsAsTheyAreDefined() {
    String answers =
        "\"item\": [{\"linkId\": \"1\", \"answer\": {\"item\": [{\"linkId\": \"x\"}]},"
            + " \"answer\": [{\"item\": [{\"linkId\": \"2\", \"item\": {\"linkId\": \"y\"}}]}]}],"
            + " \"answer\": [{\"item\": [{\"linkId\": \"z\"}]}]";
    assertThat(items("\"repeat\": [\"item\", \"answer.item\"]", answers).rows())
        .containsExactly("{\"c\":\"1\"}", "{\"c\":\"2\"}");
  }

  /** Half of a character can stand in a message by a path that has it. */
  @Test
  void aCaseWithHalfOfACharacterDoesNotEndTheOthers(@TempDir Path folder) throws Exception {
    for (String path : List.of("name.\ud83d\ude00", "name.\\ud83d", "id")) {
      String name = path.equals("id") ? "good" : "odd" + path.length();
      Path one = Files.createDirectories(folder.resolve("cases").resolve(name));
      Files.writeString(
          one.resolve("view.json"),
          "{\"name\": \"v\", \"resource\": \"Patient\", \"select\": [{\"column\": [{\"name\": \"c\","
              + " \"path\": \""
              + path
              + "\"}]}]}");
      Files.writeString(
          one.resolve("resources.ndjson"), "{\"resourceType\": \"Patient\", \"id\": \"a\"}\n");
    }
    Path out = folder.resolve("out");
    RunViews.main(
        new String[] {"--cases", folder.resolve("cases").toString(), "--out", out.toString()});
    assertThat(out.resolve("good/rows.ndjson")).content().isEqualTo("{\"c\":\"a\"}\n");
    assertThat(out.resolve("odd7/error.json"))
        .content()
        .contains("syntax error at \ud83d\ude00 on")
        .endsWith("}");
    assertThat(out.resolve("odd11/error.json")).content().endsWith("}");
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
