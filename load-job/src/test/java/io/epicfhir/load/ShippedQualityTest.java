package io.epicfhir.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.load.postgres.QualityRun;
import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.quality.QualityCheck;
import io.epicfhir.load.quality.QualitySettings;
import io.epicfhir.load.testing.SharedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The checks of conf/quality over tables with the columns of conf/views. The rows whose id begins
 * with bad are those that the check of that name must give (bad:check, or bad:check:number); no
 * other row may be given.
 */
class ShippedQualityTest {
  private static final Path CHECKS = Path.of("..", "conf", "quality");
  private static final Path VIEWS = Path.of("..", "conf", "views");
  private static final String SCHEMA = SharedDatabase.newSchema();

  private static PostgresSession session;
  private static Map<String, Map<String, Object>> results;

  @BeforeAll
  static void theChecksHaveRun() throws Exception {
    SharedDatabase.database();
    session =
        new PostgresSession(
            new PostgresAccess(SharedDatabase.database().jdbcUrl(), "postgres", ""),
            SCHEMA,
            Duration.ofSeconds(20),
            Duration.ofSeconds(5));
    session.execute("CREATE SCHEMA " + SCHEMA, "SET search_path = " + SCHEMA);
    for (String table : tables()) {
      session.execute(create(table));
    }
    String inserts = Files.readString(Path.of("src/test/resources/quality.sql"));
    for (String insert : List.of(inserts.split(";\n", -1))) {
      if (!insert.isBlank()) {
        session.execute(insert);
      }
    }
    session.execute("RESET search_path");
    QualitySettings settings =
        new QualitySettings(
            true, CHECKS, SCHEMA + "_quality", Duration.ofMinutes(1), 1000, Map.of());
    results = new QualityRun(settings, SCHEMA, "", session).run();
  }

  @AfterAll
  static void end() throws SQLException {
    session.execute(
        "DROP SCHEMA " + SCHEMA + " CASCADE", "DROP SCHEMA " + SCHEMA + "_quality CASCADE");
    session.close();
  }

  private static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(CHECKS)) {
      return files.map(f -> f.getFileName().toString().replace(".sql", "")).sorted().toList();
    }
  }

  private static Set<String> tables() throws Exception {
    Set<String> tables = new TreeSet<>();
    for (String name : names()) {
      String file = Files.readString(CHECKS.resolve(name + ".sql"));
      tables.addAll(QualityCheck.parse(name, file).tables());
    }
    return tables;
  }

  /** The table that load makes of a view: conf/views says the columns' types. */
  private static String create(String view) throws IOException {
    JsonNode json = new ObjectMapper().readTree(VIEWS.resolve(view + ".json").toFile());
    Set<String> columns = new LinkedHashSet<>(); // each branch of a unionAll names them
    json.findValues("column")
        .forEach(list -> list.forEach(c -> columns.add(c.get("name").asText() + " " + type(c))));
    return "CREATE TABLE " + view + " (" + String.join(", ", columns) + ")";
  }

  private static String type(JsonNode column) {
    if (column.path("collection").asBoolean()) {
      return "text[]";
    }
    String ansi = column.at("/tag/0/value").asText();
    return switch (ansi.isEmpty() ? column.path("type").asText() : ansi) {
      case "TIMESTAMP WITH TIME ZONE" -> "timestamptz";
      case "DATE" -> "date";
      case "decimal" -> "numeric";
      case "boolean" -> "boolean";
      case "integer", "positiveInt", "unsignedInt" -> "integer";
      default -> "text";
    };
  }

  @Test
  void eachCheckGivesItsBadRowsAndNoOthers() throws Exception {
    Map<String, List<String>> found = new TreeMap<>();
    Map<String, List<String>> expected = new TreeMap<>();
    try (Connection connection = LoadRun.connect()) {
      for (String name : names()) {
        found.put(
            name,
            Sql.texts(
                connection, "SELECT id FROM %s_quality.%s ORDER BY 1".formatted(SCHEMA, name)));
      }
      for (String table : tables()) {
        for (String id :
            Sql.texts(
                connection,
                "SELECT DISTINCT id FROM %s.%s WHERE id LIKE 'bad:%%' ORDER BY 1"
                    .formatted(SCHEMA, table))) {
          List<String> ids = expected.computeIfAbsent(id.split(":", -1)[1], n -> new ArrayList<>());
          if (!ids.contains(id)) {
            ids.add(id);
          }
        }
      }
    }
    assertThat(results.values()).allSatisfy(r -> assertThat(r).containsKey("rows"));
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void theResultHasCountsThresholdAndQueryAndNoId() {
    assertThat(results.get("patient_birth_after_death"))
        .containsEntry("state", "exceeded")
        .containsEntry("rows", 1L)
        .containsEntry("allowed", 0L)
        .containsEntry("severity", "amber")
        .containsEntry("category", "plausibility")
        .containsEntry("query", "SELECT * FROM " + SCHEMA + "_quality.patient_birth_after_death");
    assertThat(results.get("encounter_without_patient")).containsKeys("of", "of_rows");
    assertThat(results.toString()).doesNotContain("bad:");
  }
}
