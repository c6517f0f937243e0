package io.epicfhir.transform;

import io.epicfhir.transform.views.CompiledViews;
import io.epicfhir.transform.views.Drift;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The views of one resource type.
 *
 * @param parse silver's id and resource to what the views' rows are made of; counts drift
 * @param parseFiles the same of NDJSON files, of which resources of other types are left out
 * @param refersTo the types whose keys they hold
 * @param views all of them
 */
record TypeViews(
    BiFunction<Dataset<Row>, Drift, Dataset<Row>> parse,
    BiFunction<SparkSession, List<Path>, Dataset<Row>> parseFiles,
    Set<String> refersTo,
    List<ViewPlan> views) {
  static final TypeViews NONE =
      new TypeViews(
          (silver, drift) -> silver, (spark, files) -> spark.emptyDataFrame(), Set.of(), List.of());

  static TypeViews of(CompiledViews compiled) {
    return new TypeViews(
        compiled::parse,
        compiled::parse,
        compiled.refersTo(),
        compiled.views().stream().map(ViewPlan::of).toList());
  }
}
