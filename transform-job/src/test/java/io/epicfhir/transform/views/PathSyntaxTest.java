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
       "extension": [{"url": "u", "valueString": "s"}, {"url": "code", "valueCode": "F"},
         {"url": "uri", "valueCanonical": "http://x"}, {"url": "number", "valuePositiveInt": 3},
         {"url": "mark", "_valueMarkdown": {"id": "m"}}]}""";

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
    return rows(view, PATIENT);
  }

  private static List<String> rows(String view, String resource) {
    ViewDefinition definition = ViewDefinition.parse(view, "v.json");
    CompiledViews views = ViewCompiler.compile(definition.resource(), List.of(definition));
    return LocalViews.rows(views, 0, List.of("a"), List.of(resource));
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
        // R4: of a single value which is a FHIR primitive
        "gender.hasValue(); true",
        "name.first().family.hasValue(); true",
        "name.family.hasValue(); false",
        "name.first().given.hasValue(); false",
        "name.first().hasValue(); false",
        "contact.gender.hasValue(); false",
        "extension('u').value.hasValue(); true",
        "extension('mark').value.hasValue(); false",
      })
  void functionsAnswerAsTheSpecificationSays(String path, String expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  /** FHIRPath, Math: only a result is rounded; one that underflows or overflows is no value. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "0.000000004 * 1000000000; 4",
        "0.000000005 * 1000000000; 5",
        "3 / 0.333333333; 9.00000001",
        "7 / 0.000000004; 1750000000",
        "(2147483647 / 3) * -0.333333333; -238609293.87250182",
        "0.000000005 + 0; 0.00000001",
        "-0.000000005 + 0; -0.00000001",
        "1.000000004999999999999999999999999999999 / 1; 1",
        "0.0000000001 + 0; null",
        "0 - 0.0000000001; null",
        "0.0000000001 * 1; null",
        "0.0000000001 / 1; null",
        "0.0000000001 mod 1; null",
        "0.0000000001 div 1; 0",
        "1 div 0.0000000001; 10000000000",
        "1 mod 0.0000000001; 0",
        "-0.0000000001; -0.0000000001",
        "0.0000000001 - 0.0000000001; 0",
        "0.0000000001 * 0; 0",
        "0 / 0.0000000001; 0",
        "99999999999999999999.0 + 0; 99999999999999999999",
        "99999999999999999999.0 + 1; null",
        "99999999999999999999.999999999 + 0; null",
      })
  void arithmeticRoundsItsResultAlone(String path, String expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  /** Data may have exponents, and literals may not. */
  @Test
  void arithmeticOfVerySmallAndLargeValuesOfAResource() {
    String patient =
        """
        {"resourceType": "Patient", "extension": [
          {"url": "s", "valueDecimal": 1E-30}, {"url": "l", "valueDecimal": 25E29}]}""";
    String small = "extension('s').value.ofType(decimal)";
    String large = "extension('l').value.ofType(decimal)";
    String select = "\"select\": [" + column(small + " * " + large) + "]";
    assertThat(rows(view(select), patient)).containsExactly("{\"c\":2.5}");
    select = "\"select\": [" + column("-" + large + " < 0 and -(" + small + ") < 0") + "]";
    assertThat(rows(view(select), patient)).containsExactly("{\"c\":true}");
    select = "\"select\": [" + column(large + " + 1") + "]";
    assertThat(rows(view(select), patient)).containsExactly("{\"c\":null}");
  }

  /** FHIRPath, Equals and Comparison: by each precision in order; hours are told from minutes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "@2020-01-01T10:00:00Z > @2015-02-07T13; true",
        "@2020-01-01T10:00:00Z != @2015-02-07T13; true",
        "@2020-01-01T10:00:00Z = @2015-02-07T13; false",
        "@2015-02-07T12:59:59Z < @2015-02-07T13; true",
        "@2015-02-07T14:00:00Z > @2015-02-07T13; true",
        "@2015-02-07T13:28:17Z > @2015-02-07T13:28; null",
        "@2015-02-07T13:28:00Z = @2015-02-07T13:28; null",
        "@2015-02-07T13:29:00Z > @2015-02-07T13:28; true",
        "@2015-02-07T13Z = @2015-02-07T14+01:00; true",
        "@2015-02-07T13:28Z = @2015-02-07T14:28+01:00; true",
        "@2015-02-07T13Z = @2015-02-07T18+05:30; null",
        "@2015-02-07T13Z < @2015-02-07T18+01:00; true",
        "@2018-03-01T10:30:00 > @2018-03-01T10:30:00.0; false",
        "@2016-12-31T23:59:60Z > @2015-01-01T00:00:00Z; true",
        "@2016-12-31T23:59:60Z = @2016-12-31T23:59:60Z; true",
        "@2016-12-31T23:59:60Z > @2016-12-31T23:59:59.999Z; true",
        "@2016-12-31T23:59:60Z <= @2017-01-01T00:00:00Z; true",
      })
  void pointsInTimeAreComparedAsFarAsBothSay(String path, String expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  /** All seconds are one precision, whatever their digits. */
  @Test
  void ofTwoPrecisionsThereIsAnAnswerOnlyWhereTheDigitsBeforeDiffer() {
    List<String> same =
        List.of(
            "@2015T",
            "@2015-02T",
            "@2015-02-07T",
            "@2015-02-07T13",
            "@2015-02-07T13:28",
            "@2015-02-07T13:28:17",
            "@2015-02-07T13:28:17.0");
    for (int i = 0; i < same.size(); i++) {
      for (int j = 0; j < same.size(); j++) {
        String equal = same.get(i) + " = " + same.get(j);
        String answer = i == j || Math.min(i, j) == 5 ? "true" : "null";
        assertThat(value(equal)).as(equal).isEqualTo("{\"c\":" + answer + "}");
        String less = same.get(i) + " < " + same.get(j).replace("2015", "2016");
        assertThat(value(less)).as(less).isEqualTo("{\"c\":true}");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "@2015-13-40",
        "@1989-99",
        "@2015-00",
        "@2015-02-30",
        "@2023-02-29",
        "@0000",
        "@2015-02-07T24",
        "@2015-02-07T25:00:00Z",
        "@2015-02-07T10:60",
        "@2015-02-07T10:00:61Z",
        "@2015-02-07T10:00:00+25:00",
        "@2015-02-07T10:00:00+14:30",
        "@2015-02-07T10:00:00+10:60",
        "@2015-02-30T10:00:00Z",
        "@2015T13",
        "@T24:00",
        "@T25:00",
        "@T10:60",
        "@T10:00:61",
      })
  void aDateOrTimeThatIsNoneIsRefused(String literal) {
    assertThatThrownBy(() -> value(literal))
        .hasMessageContaining(literal + " is neither a date nor a time");
  }

  @ParameterizedTest
  @CsvSource({
    "@2024-02-29, 2024-02-29",
    "@0001, 0001",
    "@9999-12-31, 9999-12-31",
    "@2015-02T, 2015-02",
    "@2015-02-07T10:00:00+14:00, 2015-02-07T10:00:00+14:00",
    "@T00:00:00.000, 00:00:00.000",
    "@T23:59:59.999, 23:59:59.999",
    "@T12, 12",
  })
  void aDateOrTimeIsItsText(String literal, String text) {
    assertThat(value(literal)).isEqualTo("{\"c\":\"" + text + "\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"id -", "gender & -", "name.-", "-", "{", "name{", "id &", "name."})
  void aPathThatEndsTooEarlyIsRefusedAsThat(String path) {
    assertThatThrownBy(() -> value(path)).hasMessageEndingWith(": the path ends too early");
  }

  @Test
  void aCharacterOfTwoUnitsIsNamedAsAWhole() {
    assertThatThrownBy(() -> value("name.\ud83d\ude00"))
        .hasMessageContaining("the path has a syntax error at \ud83d\ude00 on");
  }

  @Test
  void aTextOfTheResourceThatIsNoRegularExpressionIsRefusedWithoutIt() {
    String select = "\"select\": [" + column("'a'.matches(gender)") + "]";
    assertThatThrownBy(
            () -> rows(view(select), "{\"resourceType\": \"Patient\", \"gender\": \"[z\"}"))
        .hasMessageContaining("the argument of matches() is not a valid regular expression")
        .hasMessageNotContaining("[z");
  }

  /** FHIRPath, iif: it returns what the criterion's branch returns, which may be many. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "iif(true, name.family, 'z'); [\"O\",\"B\"]",
        "iif(active, 'z', name.family); [\"O\",\"B\"]",
        "iif(true, 'z', name.family); [\"z\"]",
        "name.first().iif(true, given, 'z'); [\"x\",\"y\"]",
        "iif(true, name.family, 'z').count(); [2]",
      })
  void iifGivesManyValues(String path, String expected) {
    String select = column(path).replace("}]}", ", \"collection\": true}]}");
    assertThat(rows(view("\"select\": [" + select + "]")))
        .containsExactly("{\"c\":" + expected + "}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name.family & 'x'",
        "name.family.length()",
        "iif(name.given = 'x', name.family, 'z') + 'y'"
      })
  void manyValuesWhereOneBelongsAreRefusedWithoutThatColumnsRemedy(String path) {
    String many =
        "{\"resourceType\": \"Patient\", \"name\": [{\"family\": \"O\", \"given\": [\"x\"]}, {\"family\": \"B\"}]}";
    String select = column(path).replace("}]}", ", \"collection\": true}]}");
    assertThatThrownBy(() -> rows(view("\"select\": [" + select + "]"), many))
        .hasMessageContaining("needs a single value but got several; use first()");
  }

  @Test
  void aTypeIsOneOfFhir() {
    assertThat(value("multipleBirth.ofType(FHIR.integer)")).isEqualTo("{\"c\":2}");
    assertThat(value("managingOrganization.getReferenceKey(FHIR.Organization)"))
        .isEqualTo("{\"c\":null}");
    for (String path :
        List.of(
            "multipleBirth.ofType(System.integer)",
            "multipleBirth.ofType(Foo.FHIR.integer)",
            "multipleBirth as Foo.integer",
            "managingOrganization.getReferenceKey(Foo.Organization)")) {
      assertThatThrownBy(() -> value(path)).hasMessageContaining("only FHIR's types are known");
    }
  }

  @Test
  void iifOfManyElementsIsRefused() {
    assertThatThrownBy(() -> value("name.iif(family.exists(), 1, 2)"))
        .hasMessageContaining("iif() needs a single element but got several");
  }

  /** N1, Identifiers: a delimited identifier is a name wherever it stands. */
  @Test
  void aNameInBackquotesIsAName() {
    assertThat(value("`gender`")).isEqualTo("{\"c\":\"c7\"}");
    assertThat(value("name.where(`family` = 'O').given.first()")).isEqualTo("{\"c\":\"x\"}");
    assertThat(value("active or `active`")).isEqualTo("{\"c\":false}");
    assertThat(value("iif(`name`.exists(), `gender`, 'gender')")).isEqualTo("{\"c\":\"c7\"}");
    assertThat(value("name.`first`().`family`")).isEqualTo("{\"c\":\"O\"}");
    assertThatThrownBy(() -> value("`gendre`")).isInstanceOf(ViewException.class);
  }

  /** N1, ofType: "of the given type or a subclass thereof"; R4 derives code from string. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "extension('code').value.ofType(string); \"F\"",
        "extension('code').value.ofType(code); \"F\"",
        "extension('code').value.ofType(uri); null",
        "extension('u').value.ofType(code); null",
        "extension('uri').value.ofType(uri); \"http://x\"",
        "extension('number').value.ofType(integer) + 1; 4",
        "(extension('u').value as string) & extension('code').value.ofType(string); \"sF\"",
        "extension.value.ofType(string).join('-'); \"s-F\"",
        "extension('mark').value.ofType(string).exists(); true",
        "extension('mark').value.ofType(string).hasValue(); false",
        "extension('mark').value.ofType(string).id; \"m\"",
        "gender.ofType(string); \"c7\"",
      })
  void aTypeIncludesWhatIsDerivedFromIt(String path, String expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "(1.0 | 1.00).count(); 1",
        "(1.50 | 2.0 | 1.5).count(); 2",
        "(1.0 | 1.01).count(); 2",
        "(@2024-01-01T00:00:00Z | @2024-01-01T01:00:00+01:00).count(); 1",
        "(@2024 | @2024-01).count(); 2", // equal or not: N1 has no answer
        "(multipleBirth.ofType(integer) | 2).count(); 1",
        "('1.0' | '1.00').count(); 2",
      })
  void unionComparesValuesNotTheirDigits(String path, String expected) {
    assertThat(value(path)).isEqualTo("{\"c\":" + expected + "}");
  }

  @Test
  void aCommentWithoutAnEndIsRefused() {
    assertThatThrownBy(() -> value("active /* and false"))
        .hasMessageContaining("a comment that begins with /* needs an end");
    assertThat(value("active /* or true */ or // not this /*\n '/*' = 'x'"))
        .isEqualTo("{\"c\":false}");
    assertThat(value("'it\\'s /*' & `gender`")).isEqualTo("{\"c\":\"it's /*c7\"}");
  }

  @Test
  void aMinusEndsAConstantsName() {
    String index = "\"select\": [{\"forEach\": \"name\", " + column("%rowIndex-1").substring(1);
    assertThat(rows(view(index + "]"))).containsExactly("{\"c\":-1}", "{\"c\":0}");
    String constant = "\"constant\": [{\"name\": \"a\", \"valueInteger\": 5}], ";
    assertThat(rows(view(constant + "\"select\": [" + column("%a-%a-2") + "]")))
        .containsExactly("{\"c\":-2}");
    assertThat(value("'%a-b'")).isEqualTo("{\"c\":\"%a-b\"}");
  }

  /**
   * SQL on FHIR, Processing Algorithm: a forEachOrNull without elements gives one row, in which all
   * of its columns, nested ones, too, are null and %rowIndex is 0.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        {"forEachOrNull": "contact", "column": [{"name": "c", "path": "gender"}],
         "select": [{"forEach": "telecom", "column": [{"name": "d", "path": "value"}]}]}""",
        """
        {"forEachOrNull": "contact", "unionAll": [
          {"column": [{"name": "c", "path": "name.family"}, {"name": "d", "path": "gender"}]},
          {"column": [{"name": "c", "path": "name.text"}, {"name": "d", "path": "gender"}]}]}""",
        """
        {"forEachOrNull": "contact", "column": [{"name": "c", "path": "telecom.exists()"},
          {"name": "d", "path": "%resource.gender"}]}""",
        """
        {"forEachOrNull": "contact", "column": [{"name": "c", "path": "telecom.count()"}],
          "unionAll": [{"forEach": "telecom", "column": [{"name": "d", "path": "'x'"}]}]}""",
        """
        {"forEachOrNull": "contact", "column": [{"name": "c", "path": "'x'"},
          {"name": "d", "path": "name.family"}]}""",
      })
  void aForEachOrNullWithoutElementsGivesOneRowOfNulls(String select) {
    String both = "\"select\": [" + column("id").replace("\"c\"", "\"id\"") + ", " + select + "]";
    assertThat(rows(view(both))).containsExactly("{\"id\":\"a\",\"c\":null,\"d\":null}");
  }

  /** A list without values is empty in all tables. */
  @Test
  void aListWithoutElementsIsEmpty() {
    String select =
        """
        "select": [{"forEachOrNull": "contact", "column": [
          {"name": "c", "path": "telecom.value", "collection": true}]}]""";
    assertThat(rows(view(select))).containsExactly("{\"c\":[]}");
  }

  @Test
  void aRowIndexWithoutElementsIsZero() {
    String select =
        """
        "select": [{"forEach": "name", "column": [{"name": "n", "path": "%rowIndex"}],
          "select": [{"forEachOrNull": "period", "column": [{"name": "i", "path": "%rowIndex"},
            {"name": "o", "path": "%rowIndex + 1"}]}]}]""";
    assertThat(rows(view(select)))
        .containsExactly("{\"n\":0,\"i\":0,\"o\":null}", "{\"n\":1,\"i\":0,\"o\":null}");
  }

  private static List<String> items(String repeat) {
    String view =
        """
        {"resourceType": "ViewDefinition", "name": "v", "resource": "QuestionnaireResponse",
         "select": [{"repeat": %s, "column": [{"name": "c", "path": "linkId"}]}]}"""
            .formatted(repeat);
    String form =
        """
        {"resourceType": "QuestionnaireResponse", "id": "a", "item": [
          {"linkId": "1", "item": [{"linkId": "1.1"}]}, {"linkId": "2"}]}""";
    return rows(view, form);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[\"item\"]",
        "[\"$this.item\"]",
        "[\"QuestionnaireResponse.item\", \"item\"]",
        "[\"item\", \"item\"]",
        "[\"`item`\"]",
      })
  void aRepeatsPathMaySayWhereItBegins(String repeat) {
    assertThat(items(repeat)).containsExactly("{\"c\":\"1\"}", "{\"c\":\"1.1\"}", "{\"c\":\"2\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[\"$this\"]", "[\"$index.item\"]", "[\"item.where(true)\"]"})
  void aRepeatOverWhatIsNoElementIsRefused(String repeat) {
    assertThatThrownBy(() -> items(repeat)).isInstanceOf(ViewException.class);
  }

  /** A path that the resource does not have gives no rows, whatever stands in it. */
  @ParameterizedTest
  @ValueSource(
      strings = {"repeat\": [\"item\"]", "forEach\": \"item\"", "repeat\": [\"item.item\"]"})
  void nothingLeadsNowhere(String inner) {
    String view =
        """
        {"resourceType": "ViewDefinition", "name": "v", "resource": "QuestionnaireResponse",
         "select": [{"repeat": ["answer.item"], "select": [
           {"%s, "column": [{"name": "c", "path": "linkId"}]}]}]}"""
            .formatted(inner);
    assertThat(
            rows(
                view,
                """
                {"resourceType": "QuestionnaireResponse", "item": [{"linkId": "1"}],
                 "answer": [{"item": [{"linkId": "2", "item": [{"linkId": "3"}]}]}]}"""))
        .isEmpty();
  }

  @Test
  void aRepeatThatReachesTheSameElementsOverAndOverIsRefused() {
    int deep = 40;
    String form =
        "{\"resourceType\": \"QuestionnaireResponse\", \"id\": \"a\", \"item\": ["
            + "{\"linkId\": \"x\", \"item\": [".repeat(deep)
            + "]}".repeat(deep)
            + "]}";
    String view =
        """
        {"resourceType": "ViewDefinition", "name": "v", "resource": "QuestionnaireResponse",
         "select": [{"repeat": ["item", "item.item"], "column": [{"name": "c", "path": "linkId"}]}]}""";
    assertThatThrownBy(() -> rows(view, form))
        .hasMessageContaining("the paths of repeat reach the same elements more than once");
  }
}
