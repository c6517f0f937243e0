package io.epicfhir.transform;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.views.ViewCompiler;
import io.epicfhir.transform.views.ViewDefinition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From documents as Epic sends them to the joined table note, by the shipped views and SQL. */
class NotesTest {
  private static final Path CONF = Path.of("..", "conf");
  private static final List<String> VIEWS =
      List.of(
          "document_reference",
          "document_reference_content",
          "diagnostic_report",
          "diagnostic_report_form",
          "binary_text");

  @TempDir private Path folder;

  private static String document(String id, String attachment) {
    return "{\"resourceType\":\"DocumentReference\",\"id\":\"%s\",\"status\":\"current\",\"type\":{\"text\":\"Progress Note\"},\"subject\":{\"reference\":\"Patient/p1\"},\"date\":\"2024-01-02T03:04:05Z\",\"author\":[{\"reference\":\"Practitioner/d1\",\"display\":\"Ann\"}],\"content\":[{\"attachment\":{%s}}],\"context\":{\"encounter\":[{\"reference\":\"Encounter/e1\"}]}}\n"
        .formatted(id, attachment);
  }

  private static String binary(String id, String type, String content) {
    String data = Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.ISO_8859_1));
    return "{\"resourceType\":\"Binary\",\"id\":\"%s\",\"contentType\":\"%s\",\"data\":\"%s\"}\n"
        .formatted(id, type, data);
  }

  private void resources() throws IOException {
    Files.createDirectories(folder.resolve("in"));
    Files.writeString(
        folder.resolve("in/all.ndjson"),
        document("html", "\"contentType\":\"text/html\",\"url\":\"Binary/b1\"")
            + document("rtf", "\"url\":\"https://epic.org/api/FHIR/R4/Binary/b2/_history/1\"")
            + document("pdf", "\"contentType\":\"application/pdf\",\"url\":\"Binary/b3\"")
            + document("refused", "\"contentType\":\"text/html\",\"url\":\"Binary/b9\"")
            + document("inline", "\"contentType\":\"text/plain\",\"data\":\"aGVsbG8=\"")
            + document("elsewhere", "\"url\":\"https://x.org/scan\"")
            + document("nothing", "\"title\":\"x\"")
            + "{\"resourceType\":\"DiagnosticReport\",\"id\":\"report\",\"status\":\"final\",\"code\":{\"text\":\"X-ray\"},\"subject\":{\"reference\":\"Patient/p1\"},\"issued\":\"2024-01-01T00:00:00Z\",\"presentedForm\":[{\"url\":\"Binary/b1\"},{\"contentType\":\"image/png\",\"data\":\"aGk=\"}]}\n"
            + binary("b1", "text/html", "<p>No acute <b>distress</b></p>")
            + binary("b2", "application/rtf", "{\\rtf1\\ansi\\ansicpg1252 caf\\'e9}")
            + binary("b3", "application/pdf", "%PDF-1.7 x")
            + binary("orphan", "text/plain", "nobody names it"));
  }

  private void views(SparkSession spark) throws IOException {
    Map<String, List<ViewDefinition>> byType = new LinkedHashMap<>();
    for (String name : VIEWS) {
      String json = Files.readString(CONF.resolve("views").resolve(name + ".json"));
      ViewDefinition view = ViewDefinition.parse(json, name + ".json");
      byType.computeIfAbsent(view.resource(), t -> new ArrayList<>()).add(view);
    }
    Map<String, TypeViews> compiled = new LinkedHashMap<>();
    byType.forEach((type, of) -> compiled.put(type, TypeViews.of(ViewCompiler.compile(type, of))));
    assertThat(new NdjsonViews(spark, folder.resolve("in"), folder.resolve("out")).all(compiled))
        .isEmpty();
    for (String name : VIEWS) {
      spark
          .read()
          .parquet(folder.resolve("out").resolve(name).toString())
          // As a SQLView sees tables whose rows are not marked.
          .withColumn("restricted", lit(null).cast("boolean"))
          .createOrReplaceTempView(name);
    }
  }

  @Test
  void everyContentIsARowWithItsTextOrWhyThereIsNone() throws IOException {
    SparkSession spark = TestLake.spark();
    resources();
    views(spark);

    spark.sql(Files.readString(CONF.resolve("joined/note.sql"))).createOrReplaceTempView("note");

    assertThat(rows(spark, "SELECT id, part, problem, text FROM note ORDER BY id, part"))
        .containsExactly(
            "[elsewhere,0,other-server,null]",
            "[html,0,null,No acute distress]",
            "[inline,0,null,hello]",
            "[nothing,0,no-content,null]",
            "[pdf,0,broken,null]",
            "[refused,0,not-fetched,null]",
            "[report,0,null,No acute distress]",
            "[report,1,image,null]",
            "[rtf,0,null,café]");
    assertThat(
            rows(
                spark,
                "SELECT source, patient_id, encounter_id, is_current, type, author_id, author, note_time, format, binary_id, size_bytes, characters FROM note WHERE id = 'rtf'"))
        .containsExactly(
            "[DocumentReference,p1,e1,true,Progress Note,d1,Ann,2024-01-02T03:04:05Z,application/rtf,b2,32,4]");
  }

  private static List<String> rows(SparkSession spark, String sql) {
    return spark.sql(sql).collectAsList().stream().map(Row::toString).toList();
  }
}
