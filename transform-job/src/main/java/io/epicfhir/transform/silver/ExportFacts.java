package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.common.lake.Landing;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.util.DateTimeUtils;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What the exports that are read say beside their rows: who was observed, when, and of which types
 * an export held everything. A full export makes all that its source said of the type before
 * obsolete: what it still holds it says again.
 */
final class ExportFacts {
  /** What is known of an export's rows, in the order of {@link #fact}. */
  private static final StructType SCHEMA =
      new StructType()
          .add("source", DataTypes.StringType)
          .add("export_time", DataTypes.TimestampType)
          .add("commit_time", DataTypes.TimestampType)
          .add("stated", DataTypes.BooleanType);

  /** Up to so many exports are distinguished by conditions; more than that by a join. */
  private static final int FEW = 40;

  private final Backlog backlog;
  private final Set<String> types;
  private final HeldBack heldBack;

  /** The newest full export of a source and a type. */
  private final Map<String, Map<String, Instant>> full = new TreeMap<>();

  /**
   * @param types every type that is known; what "all types" of an export means
   * @param heldBack conclusions that do not count yet
   */
  ExportFacts(Backlog backlog, Collection<String> types, HeldBack heldBack) {
    this.backlog = backlog;
    this.types = new TreeSet<>(types);
    this.heldBack = heldBack;
    backlog.all().forEach(this::note);
  }

  private void note(Landing landing) {
    for (String type : types) {
      if (heldBack.isFull(landing, type)) {
        full.computeIfAbsent(type, t -> new TreeMap<>())
            .merge(landing.group(), landing.transactionTime(), (a, b) -> a.isAfter(b) ? a : b);
      }
    }
  }

  /** Every type that is known. */
  Set<String> types() {
    return types;
  }

  /** Types of which a pending export says what exists: all that silver has of them is weighed. */
  Set<String> swept() {
    Set<String> swept = new TreeSet<>();
    for (Landing landing : backlog.pending()) {
      types.stream().filter(type -> heldBack.isFull(landing, type)).forEach(swept::add);
    }
    return swept;
  }

  /** Bronze rows with what their exports say; rows of an export that no landing has fall out. */
  Dataset<Row> with(SparkSession spark, Dataset<Row> bronze) {
    Dataset<Row> known = bronze.where(col("export_id").isNotNull());
    return backlog.all().size() > FEW
        ? known.join(broadcast(spark.createDataFrame(rows(), joined())), "export_id")
        : told(known);
  }

  /** Without a join: each of those is a Spark job of its own. */
  private Dataset<Row> told(Dataset<Row> bronze) {
    List<Landing> all = backlog.all();
    List<Column> facts = new ArrayList<>();
    for (int i = 0; i < SCHEMA.length(); i++) {
      Column fact = null;
      for (Landing landing : all) {
        Column value = literal(fact(landing)[i], SCHEMA.apply(i).dataType());
        Column is = col("export_id").equalTo(landing.exportId());
        fact = fact == null ? when(is, value) : fact.when(is, value);
      }
      Column value = fact == null ? lit(null).cast(SCHEMA.apply(i).dataType()) : fact;
      facts.add(value.as(SCHEMA.apply(i).name()));
    }
    Object[] exports = all.stream().map(Landing::exportId).toArray();
    Dataset<Row> known =
        all.isEmpty() ? bronze.limit(0) : bronze.where(col("export_id").isin(exports));
    return known.select(Stream.concat(Stream.of(col("*")), facts.stream()).toArray(Column[]::new));
  }

  private static Column literal(Object value, DataType type) {
    return lit(value).cast(type);
  }

  private static StructType joined() {
    StructType schema = new StructType().add("export_id", DataTypes.StringType);
    for (StructField field : SCHEMA.fields()) {
      schema = schema.add(field);
    }
    return schema;
  }

  private List<Row> rows() {
    return backlog.all().stream()
        .map(
            landing ->
                RowFactory.create(
                    Stream.concat(Stream.of(landing.exportId()), Stream.of(fact(landing)))
                        .toArray()))
        .toList();
  }

  private Object[] fact(Landing landing) {
    return new Object[] {
      landing.group(),
      Timestamp.from(landing.transactionTime()),
      Timestamp.from(landedAt(landing)),
      !landing.inferredDeletions()
    };
  }

  private static Instant landedAt(Landing landing) {
    return Optional.ofNullable(landing.landedAt()).orElse(Instant.EPOCH);
  }

  /** What is known of the export of a landing. */
  ExportFact of(Landing landing) {
    return new ExportFact(
        UTF8String.fromString(landing.exportId()),
        UTF8String.fromString(landing.group()),
        DateTimeUtils.instantToMicros(landing.transactionTime()),
        DateTimeUtils.instantToMicros(landedAt(landing)),
        backlog.pending().contains(landing),
        !landing.inferredDeletions(),
        landing.since() != null,
        false,
        types.stream()
            .filter(type -> isObsolete(landing, type))
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  /** The sources that a full export of a type was read of. */
  Set<UTF8String> sweptSources(String type) {
    return full.getOrDefault(type, Map.of()).keySet().stream()
        .map(UTF8String::fromString)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private boolean isObsolete(Landing landing, String type) {
    Instant newest = full.getOrDefault(type, Map.of()).get(landing.group());
    return newest != null && landing.transactionTime().isBefore(newest);
  }
}
