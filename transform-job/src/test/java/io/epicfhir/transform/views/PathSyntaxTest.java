package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Paths are read by the <a href="https://hl7.org/fhirpath/N1/grammar.html">grammar</a>: all of a
 * path counts, and operators bind in its order.
 */
final class PathSyntaxTest {
  private static final String PATIENT =
      """
      {"resourceType": "Patient", "id": "a", "active": false, "gender": "c7",
       "name": [{"family": "O", "given": ["x", "y"]}, {"family": "B"}],
       "communication": [{"preferred": true}], "multipleBirthInteger": 2,
       "address": [{"line": ["1 Main St", "Flat 2"], "city": "Bonn"}],
       "extension": [{"url": "u", "valueString": "s"}]}""";

  private static String view(String rows) {
    return "{\"resourceType\": \"ViewDefinition\", \"name\": \"v\", \"resource\": \"Patient\", "
        + rows
        + "}";
  }

  private static String column(String path) {
    String escaped = path.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    return "{\"column\": [{\"name\": \"c\", \"path\": \"" + escaped + "\"}]}";
  }

  private static List<String> rows(String view) {
    ViewDefinition definition = ViewDefinition.parse(view, "v.json");
    CompiledViews views = ViewCompiler.compile(definition.resource(), List.of(definition));
    return LocalViews.rows(views, 0, List.of("a"), List.of(PATIENT));
  }

  private static String value(String path) {
    return rows(view("\"select\": [" + column(path) + "]")).get(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "name[0].family & ', ' & name[0].given.first(); \"O, x\"",
        "('a' | 'b')[0] & 'y'; \"ay\"",
        "extension('u')[0].value.ofType(string) & 'x'; \"sx\"",
        "(name)[0].family & 'y'; \"Oy\"",
        "%resource.name[0].family & 'y'; \"Oy\"",
        "Patient.name[0].family & 'y'; \"Oy\"",
        "'q' & name[0].family & 'y'; \"qOy\"",
        "communication[0].exists() and active; false",
        "communication[0].preferred = false; false",
        "name.exists(given[0].exists() and family = 'nope'); false",
        "iif(communication[0].preferred = false, 'not', 'yes'); \"yes\"",
        "name[1].family = 'nope' or active; false",
        "name[0].given[1] & name[1].family; \"yB\"",
      })
  void whatStandsBehindAnIndexCounts(String path, String expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  @Test
  void anIndexInAForEachsColumnDoesNotEndThePath() {
    String select =
        "\"select\": [{\"forEach\": \"address\", " + column("line[0] & ', ' & city").substring(1);
    assertThat(rows(view(select + "]"))).containsExactly("{\"c\":\"1 Main St, Bonn\"}");
  }

  @Test
  void aConditionBehindAnIndexKeepsResourcesOut() {
    String where = "\"where\": [{\"path\": \"communication[0].exists() and active\"}], ";
    assertThat(rows(view(where + "\"select\": [" + column("id") + "]"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "-1.0 + 2.5 = 1.5; true",
        "-1 * 2 + 3 = 1; true",
        "-1 + 2 * 3 = 5; true",
        "-1 < 0 and false; false",
        "-1 = 1 or true; true",
        "-name.count() + 5 > 3 and false; false",
        "-multipleBirth.ofType(integer) + 10 = 8; true",
        "-(1 + 2) * 3 = -9; true",
        "2 - -1 = 3; true",
        "2--1 = 3; true",
        "1 - -1 + 2 = 4; true",
        "1 + -1 = 0; true",
        "-2<-1; true",
      })
  void aSignBelongsToItsTermAlone(String path, boolean expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "true or false and false; true",
        "true xor true or true; true",
        "false implies true and false; true",
        "1 + 2 * 3 = 7; true",
        "10 - 4 - 3 = 3; true",
        "8 / 4 / 2 = 1; true",
        "1 < 2 = true; true",
        "'a' in ('a' | 'b') and false; false",
        "false or 'a' in ('a' | 'b'); true",
        "1 + 1 in (2 | 3); true",
        "'b' in 'a' | 'b'; true",
        "(1 | 2 + 1).count() = 2; true",
        "'a' & 'b' = 'ab'; true",
        "true and multipleBirth as integer = 2; true",
        "`true and // what follows counts\n false`; false",
        "'it\\'s' = 'it\\u0027s'; true",
      })
  void operatorsBindInTheGrammarsOrder(String path, boolean expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "id id",
        "id 'x'",
        "id & ",
        "(id",
        "id)",
        "name[0",
        "name[0]family",
        "name..family",
        "1E2",
        "4 'mg'",
        "4 days",
        "@2020-1",
        "'a\\q'",
        "exists(",
        "iif(active)",
        "name.where()",
        "name.first(1)",
        "3000000000",
        "active and",
        ""
      })
  void aPathThatIsNoneIsRefused(String path) {
    assertThatThrownBy(() -> value(path)).isInstanceOf(ViewException.class);
  }

  @Test
  void aListOfManyValuesCompilesAtOnce() {
    String codes =
        IntStream.range(0, 900).mapToObj(i -> "'c" + i + "'").collect(Collectors.joining(" | "));
    long start = System.nanoTime();
    assertThat(value("gender in (" + codes + ")")).isEqualTo("{\"c\":true}");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void unionTakesEachValueOnce() {
    assertThat(value("('a' | 'b' | 'a' | {} | 'b').join('')")).isEqualTo("{\"c\":\"ab\"}");
  }

  @ParameterizedTest
  @ValueSource(ints = {1_000, 20_000})
  void aLongChainOfConditionsIsOneLevel(int terms) {
    String chain =
        IntStream.range(0, terms)
            .mapToObj(i -> "gender = 'c" + i + "'")
            .collect(Collectors.joining(" or "));
    assertThat(value(chain)).isEqualTo("{\"c\":true}");
    assertThat(value(chain.replace(" or ", " and "))).isEqualTo("{\"c\":false}");
  }

  @Test
  void aPathThatNestsTooDeepIsRefused() {
    String nested = "(".repeat(50_000) + "active" + ")".repeat(50_000);
    String sum = "1" + " + 1".repeat(5_000) + " = 2";
    String nots = "active" + ".not()".repeat(101);
    for (String path : List.of(nested, sum, nots)) {
      assertThatThrownBy(() -> value(path))
          .isInstanceOf(ViewException.class)
          .hasMessageContaining("it nests more than 100 levels deep");
    }
    assertThat(value("active" + ".not()".repeat(98))).isEqualTo("{\"c\":false}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "name.first().iif(given.exists(), 'has', 'none'); \"has\"",
        "name.last().iif(given.exists(), 'has', 'none'); \"none\"",
        "name.first().iif(family = 'O', family, 'other'); \"O\"",
        "contact.first().iif(gender.exists(), 'has', 'none'); \"none\"",
        "iif(name.exists(), 'has', 'none'); \"has\"",
        "name.all(given.exists()); false",
        "name.all(family.exists()); true",
        "name.all(use = 'usual'); false",
        "contact.all(gender = 'male'); true",
        "('A' & '\\n' & 'B').matches('A.B'); true",
      })
  void functionsAnswerAsTheSpecificationSays(String path, String expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  @Test
  void iifOfManyElementsIsRefused() {
    assertThatThrownBy(() -> value("name.iif(family.exists(), 1, 2)"))
        .hasMessageContaining("iif is called on more than one element");
  }
}
