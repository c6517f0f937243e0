package io.epicfhir.transform.queries;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.common.query.QueryFile;
import io.epicfhir.common.query.QueryRefused;
import io.epicfhir.common.query.SqlQuery;
import io.epicfhir.transform.lookups.FhirTerminology;
import io.epicfhir.transform.lookups.LookupRefused;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import io.epicfhir.transform.sqlviews.SqlCheck;
import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.SqlView.Dependency;
import io.epicfhir.transform.sqlviews.TableOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The tables, SQLViews and SQLQueries of one file of cases, by the engine's own parts. */
final class SqlCases {
  private final SparkSession session;
  private final JsonNode file;
  private final Map<String, Dataset<Row>> tables = new TreeMap<>();
  private final Map<String, String> refused = new TreeMap<>();
  private final Map<String, String> byUrl = new TreeMap<>();

  /**
   * @param folder holds rows.ndjson and columns.json of each view
   */
  SqlCases(SparkSession session, JsonNode file, Path folder) throws IOException {
    this.session = session;
    this.file = file;
    Map<String, String> viewUrls = new TreeMap<>();
    for (JsonNode view : file.path("views")) {
      String name = view.path("name").asText();
      tables.put(name, view(folder.resolve(name)));
      viewUrls.put(view.path("url").asText(), name);
    }
    Map<String, String> lookupUrls = new TreeMap<>();
    for (JsonNode resource : file.path("terminology")) {
      String url = resource.path("url").asText();
      String name = url.substring(url.lastIndexOf('/') + 1);
      lookupUrls.put(url, name);
      try {
        tables.put(name, FhirTerminology.rows(session, resource.toString(), name + ".json"));
      } catch (LookupRefused e) {
        refused.put(name, e.getMessage());
      }
    }
    byUrl.putAll(viewUrls);
    byUrl.putAll(lookupUrls);
    views(
        new TableOrder.Known(
            Set.copyOf(viewUrls.values()),
            Set.copyOf(lookupUrls.values()),
            names(viewUrls),
            names(lookupUrls)));
  }

  private static Map<String, Set<String>> names(Map<String, String> urls) {
    Map<String, Set<String>> names = new TreeMap<>();
    urls.forEach((url, name) -> names.put(url, Set.of(name)));
    return names;
  }

  /** Every SQLView that can be built, in the engine's order. */
  private void views(TableOrder.Known known) {
    List<SqlView> read = new ArrayList<>();
    List<SqlCatalog.Problem> problems = new ArrayList<>();
    for (JsonNode library : file.path("libraries")) {
      String name = library.path("name").asText();
      if (!isQuery(library)) {
        byUrl.put(library.path("url").asText(), name);
        try {
          read.add(SqlCatalog.read(library.toString(), name + ".json"));
        } catch (SqlRefused e) {
          problems.add(new SqlCatalog.Problem(name, e.getMessage()));
        }
      }
    }
    TableOrder order = TableOrder.of(new SqlCatalog(read, problems), known);
    problems.forEach(one -> refused.put(one.name(), one.message()));
    order.problems().forEach(one -> refused.put(one.name(), one.message()));
    for (SqlView view : order.views()) {
      try {
        tables.put(view.name(), rows(view));
      } catch (SqlRefused | LookupRefused e) {
        refused.put(view.name(), e.getMessage());
      } catch (Exception e) { // Spark throws checked ones without saying so
        refused.put(view.name(), e.getClass().getSimpleName());
      }
    }
  }

  private Dataset<Row> rows(SqlView view) {
    for (Dependency dependency : view.dependencies()) {
      table(dependency.name(), view.file()).createOrReplaceTempView(dependency.label());
    }
    try {
      LogicalPlan plan = SqlCheck.query(view);
      var rows =
          org.apache.spark.sql.classic.Dataset.ofRows(
              (org.apache.spark.sql.classic.SparkSession) session, plan);
      AnalysedView analysed = AnalysedView.of(view, rows.queryExecution().analyzed());
      return session.createDataFrame(rows.collectAsList(), analysed.schema());
    } finally {
      view.dependencies().forEach(one -> session.catalog().dropTempView(one.label()));
    }
  }

  private Dataset<Row> table(String name, String about) {
    if (!tables.containsKey(name)) {
      throw new SqlRefused(about, 0, refused.getOrDefault(name, "there is no " + name));
    }
    return tables.get(name);
  }

  /**
   * What a Library gives.
   *
   * @throws RuntimeException where the engine refuses it
   */
  Dataset<Row> rows(String url, Map<String, String> parameters) {
    for (JsonNode library : file.path("libraries")) {
      if (library.path("url").asText().equals(url) && isQuery(library)) {
        return rows(QueryFile.library(library.toString(), LakeQuery.DIALECTS), parameters);
      }
    }
    return table(byUrl.getOrDefault(url, url), url);
  }

  private Dataset<Row> rows(SqlQuery query, Map<String, String> parameters) {
    Map<String, Dataset<Row>> labelled = new LinkedHashMap<>();
    for (Map.Entry<String, String> one : query.tables().entrySet()) {
      if (!tables.containsKey(one.getValue())) {
        throw new QueryRefused(query.name(), "there is no table " + one.getValue());
      }
      labelled.put(one.getKey(), tables.get(one.getValue()));
    }
    return LakeQuery.rows(session, query, labelled, query.bound(parameters));
  }

  private static boolean isQuery(JsonNode library) {
    return library.at("/type/coding/0/code").asText().equals("sql-query");
  }

  /** A view's rows as transform would write them: numbers of FHIR are texts. */
  private Dataset<Row> view(Path folder) throws IOException {
    StructType schema = new StructType();
    for (JsonNode column : RunSqlCases.JSON.readTree(folder.resolve("columns.json").toFile())) {
      String fhir = column.path("fhirType").asText();
      DataType type =
          switch (fhir) {
            case "boolean" -> DataTypes.BooleanType;
            case "integer", "positiveInt", "unsignedInt" -> DataTypes.IntegerType;
            case "integer64" -> DataTypes.LongType;
            default -> DataTypes.StringType;
          };
      Metadata about = new MetadataBuilder().putString(ColumnMetadata.FHIR_TYPE, fhir).build();
      schema = schema.add(column.path("name").asText(), type, true, about);
    }
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("rows.ndjson"))) {
      JsonNode row = RunSqlCases.JSON.readTree(line);
      Object[] values = new Object[schema.length()];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(row.path(schema.fields()[i].name()), schema.fields()[i].dataType());
      }
      rows.add(RowFactory.create(values));
    }
    return session.createDataFrame(rows, schema);
  }

  private static Object value(JsonNode node, DataType type) {
    if (node.isNull()) {
      return null;
    }
    if (type.equals(DataTypes.BooleanType)) {
      return node.asBoolean();
    }
    if (type.equals(DataTypes.IntegerType)) {
      return node.asInt();
    }
    if (type.equals(DataTypes.LongType)) {
      return node.asLong();
    }
    return node.isNumber() ? node.decimalValue().toPlainString() : node.asText();
  }

  /** Whether a text column has numbers. */
  static boolean isDecimal(StructField field) {
    Metadata about = field.metadata();
    return about.contains(ColumnMetadata.FHIR_TYPE)
        && about.getString(ColumnMetadata.FHIR_TYPE).equals("decimal");
  }
}
