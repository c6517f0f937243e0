package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same rows by the evaluator and by plans of Spark's columns, as long as there are both. */
class OldAndNewTest {
  private static final int RESOURCES = 1500;

  private static final String[] PATHS = {
    "getResourceKey()",
    "status",
    "code.coding.code",
    "code.coding.where(system = 'http://loinc.org').code",
    "code.coding.where(system = 'http://loinc.org' and code = '1').display.first()",
    "code.coding.exists(system = 'http://loinc.org' and code = '1')",
    "code.coding.count()",
    "code.coding.last().display",
    "code.coding[1].code",
    "category.coding.code",
    "category.coding.where(code = 'a' or code = 'b').system.count()",
    "category.all(coding.exists())",
    "category.coding.first().code & '/' & status",
    "subject.getReferenceKey()",
    "subject.getReferenceKey(Patient)",
    "performer.getReferenceKey(Practitioner)",
    "effective.ofType(dateTime)",
    "effective.ofType(dateTime).lowBoundary()",
    "effective.ofType(dateTime).highBoundary()",
    "effective.ofType(dateTime) < @2020-02-10T10:00:00Z",
    "effective.ofType(dateTime) >= @2020-02-10",
    "effective.ofType(dateTime) = @2020-02",
    "effective.exists()",
    "value.exists()",
    "value.ofType(Quantity).value",
    "value.ofType(Quantity).value > 1.5",
    "value.ofType(Quantity).value = 1.5",
    "value.ofType(Quantity).value <= 100",
    "value.ofType(Quantity).value + 0.1",
    "value.ofType(Quantity).value - 7",
    "value.ofType(Quantity).value * 2",
    "-value.ofType(Quantity).value",
    "value.ofType(Quantity).value div 2",
    "value.ofType(Quantity).value mod 2",
    "value.ofType(Quantity).unit.upper()",
    "value.ofType(string).length()",
    "value.ofType(string).startsWith('a')",
    "value.ofType(string).contains('b')",
    "value.ofType(string).matches('^[ab]+$')",
    "value.ofType(integer)",
    "value.ofType(integer) + 1",
    "value.ofType(integer) mod 3",
    "value.ofType(integer) > 1.5",
    "value.ofType(boolean).not()",
    "value.ofType(boolean) and status = 'final'",
    "value.ofType(boolean) or status = 'final'",
    "value.ofType(boolean) xor true",
    "value.ofType(boolean) implies status = 'final'",
    "iif(value.ofType(boolean), 'yes', status)",
    "iif(status = 'final', code.coding.count(), 0)",
    "value.ofType(time) < @T12:00:00",
    "value.ofType(time).lowBoundary()",
    "status in ('final' | 'amended')",
    "(status | code.text).count()",
    "code.coding.display.join(',')",
    "component.value.ofType(Quantity).value",
    "component.where(value.ofType(Quantity).value > 2).code.coding.code",
    "component.code.coding.where(code != '1').exists()",
    "component.code.coding.display.where($this = 'd').empty()",
    "component.code.where(coding.code = '1').text",
    "id = subject.getReferenceKey()",
  };

  private static String random(Random random, String... of) {
    return of[random.nextInt(of.length)];
  }

  private static String field(Random random, String name, String... values) {
    int choice = random.nextInt(12);
    if (choice < 3) {
      return "";
    }
    String value =
        choice == 3 ? random(random, "null", "{}", "[]", "7", "\"x\"") : random(random, values);
    return ",\"" + name + "\":" + value;
  }

  private static String coding(Random random) {
    return "{\"k\":1"
        + field(random, "system", "\"http://loinc.org\"", "\"urn:x\"")
        + field(random, "code", "\"1\"", "\"a\"", "\"b\"")
        + field(random, "display", "\"d\"", "\"\\u00e4\\n\"", "\"\u20ac\"")
        + "}";
  }

  private static String list(Random random, Function<Random, String> item) {
    List<String> items = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      items.add(random.nextInt(10) == 0 ? "null" : item.apply(random));
    }
    return "[" + String.join(",", items) + "]";
  }

  private static String concept(Random random) {
    return "{\"k\":[{\"x\":\"]\"}]"
        + field(random, "coding", list(random, OldAndNewTest::coding))
        + field(random, "text", "\"t\"")
        + "}";
  }

  private static String quantity(Random random) {
    return "{\"k\":null"
        + field(
            random,
            "value",
            "1.50",
            "1.5",
            "-0.010",
            "12e2",
            "100",
            "0",
            "99999.99999",
            "-2.25",
            "3",
            "1234567890123456789")
        + field(random, "unit", "\"mg\"", "\"\\u00b5g\"")
        + "}";
  }

  private static String value(Random random) {
    return switch (random.nextInt(7)) {
      case 0, 1 -> field(random, "valueQuantity", quantity(random));
      case 2 -> field(random, "valueString", "\"ab\"", "\"\"", "\"xb\"");
      case 3 -> field(random, "valueInteger", "1", "7", "-5", "2147483647", "99999999999");
      case 4 -> field(random, "valueBoolean", "true", "false");
      case 5 -> field(random, "valueTime", "\"11:59:59.50\"", "\"12:00\"", "\"12:00:00.0\"");
      default -> "";
    };
  }

  private static String reference(Random random) {
    return "{\"k\":{}"
        + field(
            random,
            "reference",
            "\"Patient/1\"",
            "\"https://x.org/fhir/Patient/2/_history/3\"",
            "\"urn:uuid:0f\"",
            "\"Patient?identifier=x|1\"",
            "\"#p\"",
            "\"Group/7\"",
            "\"Practitioner/a/_history/1\"",
            "\"Patient/1|2\"",
            "\"xPatient/1\"",
            "\"//Patient/1\"",
            "\"Patient/1/\"",
            "\"Patient\"",
            "\"Practitioner/9\"",
            "\"_history/1\"",
            "\"Patient/_history\"")
        + field(random, "type", "\"Patient\"", "\"Group\"")
        + "}";
  }

  private static String resource(Random random, int number) {
    return "{\"resourceType\":\"Observation\",\"id\":\""
        + number
        + "\""
        + field(random, "status", "\"final\"", "\"amended\"")
        + field(random, "code", concept(random))
        + field(random, "category", list(random, OldAndNewTest::concept))
        + field(random, "subject", reference(random))
        + field(random, "performer", list(random, OldAndNewTest::reference))
        + field(
            random,
            "effectiveDateTime",
            "\"2020\"",
            "\"2020-02\"",
            "\"2020-02-10\"",
            "\"2020-02-10T12:00:00+02:00\"",
            "\"2020-02-10T10:00:00.000Z\"",
            "\"2020-02-10T10:00:00.0001Z\"",
            "\"2019-12-31T23:59:59-05:00\"",
            "\"nonsense\"")
        + value(random)
        + field(
            random,
            "component",
            list(random, r -> "{\"a\":1" + field(r, "code", concept(r)) + value(r) + "}"))
        + "}";
  }

  static Stream<String> views() {
    StringBuilder columns = new StringBuilder();
    for (int i = 0; i < PATHS.length; i++) {
      columns
          .append(i == 0 ? "" : ",")
          .append("{\"collection\":true,\"name\":\"c" + i + "\",\"path\":\"" + PATHS[i] + "\"}");
    }
    return Stream.of(
        "{\"column\":[" + columns + "]}",
        """
        {"column":[{"name":"id","path":"id"}]},{"forEach":"code.coding","column":[{"name":"n","path":"%rowIndex"},
        {"name":"c","path":"code"}]},{"forEachOrNull":"category.where(coding.exists())","column":[{"name":"t","path":"text"}],
        "select":[{"forEachOrNull":"coding.where(code != 'a')","column":[{"name":"cc","path":"code"},
        {"name":"m","path":"%rowIndex"}]}]}""",
        """
        {"column":[{"name":"id","path":"id"}]},{"unionAll":[{"forEach":"code.coding","column":[
        {"name":"v","path":"code"},{"name":"w","path":"%resource.status"}]},{"unionAll":[{"column":[
        {"name":"v","path":"status"},{"name":"w","path":"{}","type":"code"}]},{"forEach":"component.code.coding","column":[
        {"name":"v","path":"code"},{"name":"w","path":"'x'","type":"code"}]}]}]},{"forEach":"component.first()",
        "column":[{"name":"q","path":"value.ofType(Quantity).value"}],"select":[{"forEachOrNull":"code.coding",
        "column":[{"name":"z","path":"id"}]},{"column":[{"name":"y","path":"%rowIndex"}]}]}""",
        """
        {"column":[{"name":"id","path":"id"}]},{"forEachOrNull":"component","select":[{"unionAll":[
        {"forEachOrNull":"code.coding","column":[{"name":"a","path":"display"},{"name":"i","path":"%rowIndex"}]},
        {"column":[{"name":"a","path":"code.text"},{"name":"i","path":"%rowIndex"}]}]}],
        "column":[{"name":"k","path":"%resource.getResourceKey()"}]}""");
  }

  @ParameterizedTest
  @MethodSource("views")
  void giveTheSameRows(String selects) {
    ViewDefinition view =
        ViewDefinition.parse(
            "{\"name\":\"v\",\"resource\":\"Observation\",\"select\":[" + selects + "]}", "v.json");
    CompiledViews compiled = ViewCompiler.compile("Observation", List.of(view));
    Random random = new Random(selects.hashCode());
    List<Row> silver = new ArrayList<>();
    List<String> found = new ArrayList<>();
    ViewRunner runner = compiled.runner(new Drift());
    RowLines rows = new RowLines(compiled.views().get(0).columns());
    for (int i = 0; i < RESOURCES; i++) {
      String resource = resource(random, i);
      silver.add(RowFactory.create(Integer.toString(i), resource));
      byte[] bytes = resource.getBytes(StandardCharsets.UTF_8);
      runner.run(UTF8String.fromString(Integer.toString(i)), bytes, 0, bytes.length, rows);
      assertThat(rows.refusal()).as(resource).isNull();
    }
    found.addAll(rows.lines());
    assertThat(found).hasSizeGreaterThan(RESOURCES / 4);
    assertThat(found).containsExactlyElementsOf(expected(compiled, silver));
  }

  private static List<String> expected(CompiledViews compiled, List<Row> silver) {
    SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate();
    StructType schema =
        new StructType().add("id", DataTypes.StringType).add("resource", DataTypes.StringType);
    Dataset<Row> parsed =
        compiled.parse(
            spark.createDataFrame(silver, schema), Drift.registered(spark.sparkContext()));
    org.apache.spark.sql.classic.Dataset<Row> rows =
        (org.apache.spark.sql.classic.Dataset<Row>) compiled.rows(0, parsed);
    List<String> lines = new ArrayList<>();
    for (Object row : rows.queryExecution().executedPlan().executeCollect()) {
      lines.add(line(compiled, (InternalRow) row));
    }
    return lines;
  }

  private static String line(CompiledViews compiled, InternalRow row) {
    List<ViewColumn> columns = compiled.views().get(0).columns();
    Object[] values = new Object[columns.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = row.get(i, columns.get(i).sparkType());
      if (columns.get(i).collection() && values[i] != null) {
        ArrayType type = (ArrayType) columns.get(i).sparkType();
        values[i] = new GenericArrayData(row.getArray(i).toObjectArray(type.elementType()));
      }
    }
    return ViewOutput.line(columns, new GenericInternalRow(values));
  }
}
