package io.epicfhir.transform.queries;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.common.JobException;
import io.epicfhir.transform.lookups.LookupRefused;
import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.views.LocalSpark;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Runs the cases of ci/sql-suite. The rows of their views are there already, as ci/views.sh writes
 * them; of each test OUT/FILE/NUMBER.json has the rows, or the error.
 */
public final class RunSqlCases {
  static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private RunSqlCases() {}

  /** Arguments: --cases DIR --tables DIR --out DIR. */
  public static void main(String[] args) throws IOException {
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) {
      options.put(args[i], args[i + 1]);
    }
    if (!options.keySet().equals(java.util.Set.of("--cases", "--tables", "--out"))) {
      System.err.println("Cannot run the cases: give --cases DIR --tables DIR --out DIR");
      System.exit(2);
    }
    SparkSession session =
        LocalSpark.session().config("spark.sql.shuffle.partitions", "1").getOrCreate();
    try (Stream<Path> files = Files.list(Path.of(options.get("--cases")))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        String name = file.getFileName().toString().replaceFirst("\\.json$", "");
        Path tables = Path.of(options.get("--tables")).resolve(name);
        Path out = Files.createDirectories(Path.of(options.get("--out")).resolve(name));
        run(session, JSON.readTree(Files.readString(file)), tables, out);
      }
    } finally {
      session.stop();
    }
  }

  private static void run(SparkSession session, JsonNode file, Path tables, Path out)
      throws IOException {
    SqlCases cases = new SqlCases(session, file, tables);
    int number = 0;
    for (JsonNode test : file.path("tests")) {
      ObjectNode answer = JSON.createObjectNode();
      try {
        Dataset<Row> rows = cases.rows(test.path("run").asText(), parameters(test));
        answer.set("columns", JSON.valueToTree(rows.columns()));
        answer.set("rows", rows(rows));
      } catch (JobException | SqlRefused | LookupRefused e) {
        answer.put("error", e.getMessage());
      } catch (Exception e) { // Spark throws checked ones without saying so
        boolean known = e instanceof SparkThrowable;
        answer.put(known ? "error" : "defect", e.getClass().getName() + ": " + e.getMessage());
      }
      Files.writeString(out.resolve(number + ".json"), answer.toPrettyString());
      number++;
    }
  }

  private static Map<String, String> parameters(JsonNode test) {
    Map<String, String> parameters = new LinkedHashMap<>();
    test.path("parameters")
        .properties()
        .forEach(one -> parameters.put(one.getKey(), one.getValue().asText()));
    return parameters;
  }

  private static ArrayNode rows(Dataset<Row> rows) {
    List<Boolean> decimals = Stream.of(rows.schema().fields()).map(SqlCases::isDecimal).toList();
    ArrayNode all = JSON.createArrayNode();
    for (Row row : rows.collectAsList()) {
      ObjectNode one = all.addObject();
      List<Object> values = RunQuery.values(row);
      for (int i = 0; i < row.size(); i++) {
        Object value = values.get(i);
        boolean number = decimals.get(i) && value instanceof String;
        Object plain = number ? new BigDecimal((String) value) : value;
        one.set(rows.columns()[i], JSON.valueToTree(plain));
      }
    }
    return all;
  }
}
