package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A column's type is what all its values are, or the view is refused. */
final class MixedTypesTest {
  private static ViewColumn column(String resource, String select, String constants) {
    ViewDefinition definition =
        ViewDefinition.parse(
            "{\"resourceType\": \"ViewDefinition\", \"name\": \"v\", \"resource\": \""
                + resource
                + "\", \"constant\": ["
                + constants
                + "], \"select\": ["
                + select
                + "]}",
            "v.json");
    return ViewCompiler.compile(resource, List.of(definition)).views().get(0).columns().get(0);
  }

  private static String path(String path, String more) {
    return "{\"column\": [{\"name\": \"c\", \"path\": \"" + path + "\"" + more + "}]}";
  }

  private static String union(String one, String other) {
    return "{\"unionAll\": [" + path(one, "") + ", " + path(other, "") + "]}";
  }

  @ParameterizedTest
  @CsvSource({
    "birthDate, deceased.ofType(dateTime), dateTime",
    "deceased.ofType(dateTime), birthDate, dateTime",
    "meta.lastUpdated, deceased.ofType(dateTime), dateTime",
    "birthDate, birthDate, date",
    "gender, gender, code",
    "gender, language, code",
    "gender, id, string",
    "multipleBirth.ofType(integer), {}, integer",
    "{}, multipleBirth.ofType(integer), integer",
    "telecom.first().rank, multipleBirth.ofType(integer), integer",
  })
  void theTypeFitsAllBranches(String one, String other, String type) {
    assertThat(column("Patient", union(one, other), "").fhirType()).isEqualTo(type);
    String iif = "iif(active, " + one + ", " + other + ")";
    assertThat(column("Patient", path(iif, ""), "").fhirType()).isEqualTo(type);
    String either = "(" + one + " | " + other + ").first()";
    assertThat(column("Patient", path(either, ""), "").fhirType()).isEqualTo(type);
  }

  @ParameterizedTest
  @CsvSource({
    "value.ofType(Quantity).value, value.ofType(string)",
    "value.ofType(string), value.ofType(Quantity).value",
    "value.ofType(dateTime), value.ofType(string)",
    "value.ofType(time), value.ofType(dateTime)",
    "value.ofType(integer), value.ofType(Quantity).value",
  })
  void whatHasNoTypeInCommonIsRefused(String one, String other) {
    assertThatThrownBy(() -> column("Observation", union(one, other), ""))
        .isInstanceOf(ViewException.class)
        .hasMessageContaining("the branches of unionAll differ in column 1: c ");
    for (String path :
        List.of("iif(true, " + one + ", " + other + ")", "(" + one + " | " + other + ").first()")) {
      assertThatThrownBy(() -> column("Observation", path(path, ""), ""))
          .isInstanceOf(ViewException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gender, date",
    "gender, dateTime",
    "gender, time",
    "birthDate, Foo",
    "birthDate, instant",
    "deceased.ofType(dateTime), date",
    "id, HumanName",
    "active, string",
  })
  void aDeclaredTypeThatTheValuesAreNotIsRefused(String path, String type) {
    assertThatThrownBy(() -> column("Patient", path(path, ", \"type\": \"" + type + "\""), ""))
        .isInstanceOf(ViewException.class)
        .hasMessageContaining("it is declared as " + type + ", but is ");
  }

  @ParameterizedTest
  @CsvSource({
    "birthDate, dateTime",
    "birthDate, string",
    "meta.lastUpdated, dateTime",
    "gender, string",
    "multipleBirth.ofType(integer), decimal",
    "multipleBirth.ofType(integer), integer64",
    "{}, date",
  })
  void aDeclaredTypeMayBeWider(String path, String type) {
    assertThat(column("Patient", path(path, ", \"type\": \"" + type + "\""), "").fhirType())
        .isEqualTo(type);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"valueString\": null",
        "\"valueFoo\": \"x\"",
        "\"valueDate\": \"abc\"",
        "\"valueDate\": \"2020-01-01T00:00:00Z\"",
        "\"valueDateTime\": \"2020-13\"",
        "\"valueInstant\": \"2020\"",
        "\"valueTime\": \"25:00:00\"",
        "\"valueString\": 5",
        "\"valueCoding\": {\"code\": \"x\"}",
        "\"valueDate\": \"2015-02-30\"",
        "\"valueDate\": \"0000\"",
        "\"valueDateTime\": \"2015-02-30T00:00:00Z\"",
        "\"valueInstant\": \"2015-02-07T10:00:00+25:00\"",
        "\"valueInteger64\": 9223372036854775808",
        "\"valueInteger64\": -9223372036854775809",
        "\"valueInteger64\": 1.5",
        "\"valueInteger\": 2147483648",
      })
  void aConstantThatIsNoValueOfItsTypeIsRefused(String value) {
    String constant = "{\"name\": \"k\", " + value + "}";
    assertThatThrownBy(() -> column("Patient", path("id", ""), constant))
        .isInstanceOf(ViewException.class)
        .hasMessageContaining("constant k ");
  }

  @ParameterizedTest
  @CsvSource({"1.50, 1.50", "1E2, 1E2", "12e2, 12E2", "0.10, 0.10", "-5, -5", "100, 100"})
  void aDecimalConstantKeepsItsDigits(String written, String read) {
    assertThat(row("%k.toString()", "\"valueDecimal\": " + written))
        .isEqualTo("{\"c\":\"" + read + "\"}");
  }

  private static String row(String path, String constant) {
    ViewDefinition definition =
        ViewDefinition.parse(
            "{\"name\": \"v\", \"resource\": \"Patient\", \"constant\": [{\"name\": \"k\", "
                + constant
                + "}], \"select\": ["
                + path(path, "")
                + "]}",
            "v.json");
    CompiledViews views = ViewCompiler.compile("Patient", List.of(definition));
    return LocalViews.rows(views, 0, List.of("a"), List.of("{}")).get(0);
  }

  /** FHIRPath: arithmetic of Long gives Long; what is beyond 64 bits is no value. */
  @ParameterizedTest
  @CsvSource({
    "9223372036854775807, %k, 9223372036854775807",
    "9223372036854775807, -%k, -9223372036854775807",
    "9223372036854775807, %k + 1, null",
    "9223372036854775807, 1 + %k, null",
    "9223372036854775807, %k - 1, 9223372036854775806",
    "9223372036854775807, %k * 2, null",
    "9223372036854775807, %k div 2, 4611686018427387903",
    "9223372036854775807, %k mod 10, 7",
    "9223372036854775807, %k / 1, 9223372036854775807",
    "9223372036854775807, %k div 0, null",
    "-9223372036854775808, %k, -9223372036854775808",
    "-9223372036854775808, -%k, null",
    "-9223372036854775808, %k div -1, null",
    "-9223372036854775808, %k mod -1, 0",
    "-9223372036854775808, %k - 1, null",
    "5000000000, -%k, -5000000000",
    "5000000000, %k + 1, 5000000001",
    "5, %k + 2147483647, 2147483652",
    "5000000000, %k = 5000000000.0, true",
  })
  void aWholeNumberOf64BitsIsCalculatedWith(String constant, String path, String expected) {
    assertThat(row(path, "\"valueInteger64\": " + constant)).isEqualTo("{\"c\":" + expected + "}");
  }

  @Test
  void whatIsCalculatedOf64BitsHas64Bits() {
    String constant = "{\"name\": \"k\", \"valueInteger64\": 1}";
    for (String path : List.of("%k", "-%k", "%k + 1", "1 - %k", "{} * %k")) {
      assertThat(column("Patient", path(path, ""), constant).fhirType()).isEqualTo("integer64");
    }
    assertThat(column("Patient", path("%k / 1", ""), constant).fhirType()).isEqualTo("decimal");
    assertThat(column("Patient", path("1 + 1", ""), constant).fhirType()).isEqualTo("integer");
  }

  @Test
  void aLeapSecondIsAPointInTime() {
    assertThat(row("%k = %k", "\"valueInstant\": \"2016-12-31T23:59:60Z\""))
        .isEqualTo("{\"c\":true}");
  }

  @Test
  void aTypeInLowerCaseIsNoResource() {
    assertThatThrownBy(() -> column("patient", path("id", ""), ""))
        .hasMessageContaining("FHIR R4 has no such resource; did you mean Patient?");
    assertThatThrownBy(
            () -> column("Observation", path("subject.getReferenceKey(patient)", ""), ""))
        .hasMessageContaining("the name of a resource type; did you mean Patient?");
    for (String target : List.of("'Patient'", "1", "Practition-er", "{}")) {
      assertThatThrownBy(
              () -> column("Observation", path("subject.getReferenceKey(" + target + ")", ""), ""))
          .hasMessageContaining(
              "getReferenceKey takes the name of a resource type, without quotes:"
                  + " getReferenceKey(Patient)");
    }
  }
}
