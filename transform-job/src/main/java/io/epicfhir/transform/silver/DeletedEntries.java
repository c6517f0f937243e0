package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.array_distinct;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.get_json_object;
import static org.apache.spark.sql.functions.json_object_keys;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.posexplode_outer;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.when;

import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.hl7.fhir.r4.model.ResourceType;

/**
 * The entries of the transaction Bundles that {@code deleted} files hold (FHIR Bulk Data 2.0,
 * "deleted"). A deletion has no time of its own: it was true when its export was made. The server's
 * own word ends a resource for every source; a conclusion of ours ends it for the source that was
 * searched.
 */
final class DeletedEntries {
  /** Entries as JSON text: one of another form does not make the others unreadable. */
  private static final StructType BUNDLE =
      new StructType()
          .add("resourceType", DataTypes.StringType)
          .add("entry", new ArrayType(DataTypes.StringType, true));

  /**
   * Type and id at the end of a relative or absolute URL, with or without a version.
   *
   * @param known types that ever landed: a server may have some that R4 does not
   */
  static String url(Collection<String> known) {
    String types =
        Stream.concat(Stream.of(ResourceType.values()).map(Enum::name), known.stream())
            .filter(type -> type.matches("[A-Za-z]+"))
            .distinct()
            .collect(Collectors.joining("|"));
    return "^(?:[^?#]*/)?(" + types + ")/([^/?#\\s\"]+)(?:/_history/[^/?#\\s]+)?$";
  }

  private DeletedEntries() {}

  /**
   * One row per entry of the Bundles; resource_type is null where the entry deletes no single
   * resource, or where the line is no Bundle with entries, or has a field twice.
   *
   * @param known every type that ever landed
   */
  static Dataset<Row> of(Dataset<Row> bundles, Collection<String> known) {
    String pattern = url(known);
    Column url = get_json_object(col("item"), "$.request.url");
    Column method = get_json_object(col("item"), "$.request.method");
    Column isBundle = col("bundle.resourceType").equalTo("Bundle");
    Column deletesOne =
        coalesce(
            isBundle
                .and(method.equalTo("DELETE"))
                .and(url.rlike(pattern))
                .and(not(twice(col("item"))))
                .and(not(twice(get_json_object(col("item"), "$.request")))),
            lit(false));
    Column entries = get_json_object(col("resource"), "$.entry");
    Column saysNothing = isBundle.and(coalesce(entries, lit("[]")).equalTo("[]"));
    return bundles
        .withColumn("bundle", from_json(col("resource"), BUNDLE, Map.of("mode", "PERMISSIVE")))
        .where(not(coalesce(saysNothing, lit(false))).or(twice(col("resource"))))
        .select(
            col("*"),
            posexplode_outer(when(not(twice(col("resource"))), col("bundle.entry")))
                .as(new String[] {"entry", "item"}))
        .withColumn("resource_type", when(deletesOne, regexp_extract(url, pattern, 1)))
        .withColumn("id", when(deletesOne, regexp_extract(url, pattern, 2)))
        .drop("bundle", "item");
  }

  /** Whether a field is there twice: of two, only one would be read. */
  private static Column twice(Column json) {
    Column fields = json_object_keys(json);
    return coalesce(size(fields).notEqual(size(array_distinct(fields))), lit(false));
  }

  /** The entries that name a resource. */
  static Dataset<Row> good(Dataset<Row> entries) {
    return entries.where(col("resource_type").isNotNull());
  }

  /** The entries that do not. */
  static Dataset<Row> bad(Dataset<Row> entries) {
    return entries.where(col("resource_type").isNull());
  }
}
