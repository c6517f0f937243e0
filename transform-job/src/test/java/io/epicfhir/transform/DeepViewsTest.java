package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Views that are as long or as deep as the compiler lets through travel to Spark's tasks. */
final class DeepViewsTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";

  @TempDir private Path folder;

  private static String view(String name, String where, String select) {
    return """
        {"resourceType": "ViewDefinition", "name": "%s", "resource": "Patient",
         "where": [{"path": "%s"}], "select": [%s]}"""
        .formatted(name, where, select);
  }

  /** forEach in forEach, each with a column of its own. */
  private static String nested(int levels) {
    String column = "\"column\": [{\"name\": \"c%d\", \"path\": \"id\"}]";
    String select = "{" + column.formatted(levels) + "}";
    for (int level = levels - 1; level >= 0; level--) {
      select =
          "{\"forEachOrNull\": \"extension\", "
              + column.formatted(level)
              + ", \"select\": ["
              + select
              + "]}";
    }
    return select;
  }

  @Test
  void theLongestAndTheDeepestOnesStandBesideOthers() {
    String chain =
        IntStream.range(0, 2_000)
            .mapToObj(i -> "gender = 'c" + i + "'")
            .collect(Collectors.joining(" or "));
    String deep = "active" + ".not()".repeat(98);
    String key = "{\"column\": [{\"name\": \"id\", \"path\": \"getResourceKey()\"}]}";
    TestLake lake = new TestLake(folder).inSpark();
    lake.viewOfKeys("Patient");
    lake.view("Patient", view("many", chain, key));
    lake.view("Patient", view("deep", deep, nested(95)));
    lake.export("e1", MONDAY)
        .resource(
            "Patient", "a", "1", MONDAY, "{\"id\":\"a\",\"active\":true,\"gender\":\"c1999\"}")
        .land();
    lake.transform();
    assertThat(lake.rows("patient")).containsExactly("a");
    assertThat(lake.rows("many")).containsExactly("a");
    assertThat(lake.rows("deep")).hasSize(1);
  }
}
