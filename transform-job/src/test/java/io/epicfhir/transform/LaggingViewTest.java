package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.delta.DeletionVectors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A view that was refused for some nights changes nothing of the other views of its type. */
final class LaggingViewTest {
  private static final String NAMES =
      """
      {"resourceType": "ViewDefinition", "name": "names", "resource": "Patient",
       "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]},
                  {"forEach": "name", "column": [{"name": "family", "path": "family"}]}]}
      """;

  /** Of men only, who have one name each. */
  private static final String MEN =
      """
      {"resourceType": "ViewDefinition", "name": "men", "resource": "Patient",
       "where": [{"path": "gender = 'male'"}],
       "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
                              {"name": "family", "path": "name.family"}]}]}
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"false, OFF, false", "false, ON, true", "true, OFF, true", "true, ON, false"})
  void itsNightsAreCaughtUpWithoutRowsThatAreThereTwice(
      boolean spark, DeletionVectors writing, boolean withRows) {
    TestLake lake =
        new TestLake(folder).writing(writing).view("Patient", NAMES).view("Patient", MEN);
    if (spark) {
      lake.inSpark();
    }
    TestLake.Export first = lake.export("e1", "2026-01-01T00:00:00Z");
    patient(first, "x", 1, "female", "X1");
    patient(first, "y", 1, "female", "Y1");
    if (withRows) {
      patient(first, "m", 1, "male", "M1");
    }
    first.land();
    lake.transform();
    String m = withRows ? "m M1" : null;
    assertThat(lake.rows("names")).containsExactlyInAnyOrder(rows(m, "x X1", "y Y1"));
    assertThat(lake.rows("men")).containsExactly(rows(m));

    // The first man has two names: the view of men stays as it was, night after night.
    patient(lake.export("e2", "2026-01-02T00:00:00Z"), "x", 2, "male", "X2", "X3").land();
    assertThat(lake.run().views().failed()).containsOnlyKeys("men");
    patient(lake.export("e3", "2026-01-03T00:00:00Z"), "y", 2, "female", "Y2").land();
    TransformResult red = lake.run();
    assertThat(red.views().failed()).containsOnlyKeys("men");
    assertThat(lake.rows("names")).containsExactlyInAnyOrder(rows(m, "x X2", "x X3", "y Y2"));
    assertThat(red.views().done().get("names").state().resources()).isEqualTo(withRows ? 3 : 2);
    lake.export("e4", "2026-01-04T00:00:00Z").delete("Patient/y").land();
    red = lake.run();
    assertThat(lake.rows("names")).containsExactlyInAnyOrder(rows(m, "x X2", "x X3"));
    assertThat(red.views().done().get("names").state().resources()).isEqualTo(withRows ? 2 : 1);
    assertThat(lake.rows("men")).containsExactly(rows(m));

    patient(lake.export("e5", "2026-01-05T00:00:00Z"), "x", 3, "male", "X4").land();
    lake.transform();
    assertThat(lake.rows("names")).containsExactlyInAnyOrder(rows(m, "x X4"));
    assertThat(lake.rows("men")).containsExactlyInAnyOrder(rows(m, "x X4"));
  }

  private static String[] rows(String perhaps, String... others) {
    return Stream.concat(Stream.ofNullable(perhaps), Arrays.stream(others)).toArray(String[]::new);
  }

  private static TestLake.Export patient(
      TestLake.Export export, String id, int version, String gender, String... families) {
    String names =
        Arrays.stream(families)
            .map("{\"family\":\"%s\"}"::formatted)
            .collect(Collectors.joining(","));
    return export.resource(
        "Patient",
        id,
        String.valueOf(version),
        null,
        "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"gender\":\"%s\",\"name\":[%s]}"
            .formatted(id, gender, names));
  }
}
