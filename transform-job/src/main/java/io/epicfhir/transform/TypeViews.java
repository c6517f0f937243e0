package io.epicfhir.transform;

import io.epicfhir.transform.views.CompiledViews;
import io.epicfhir.transform.views.Drift;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The views of one resource type.
 *
 * @param parse silver's id and resource to what the views' rows are made of; counts drift
 * @param refersTo the types whose keys they hold
 * @param views all of them
 * @param compiled the same views, numbered in the same order, to be run; empty where there are none
 */
record TypeViews(
    BiFunction<Dataset<Row>, Drift, Dataset<Row>> parse,
    Set<String> refersTo,
    List<ViewPlan> views,
    Optional<CompiledViews> compiled) {
  static final TypeViews NONE =
      new TypeViews((silver, drift) -> silver, Set.of(), List.of(), Optional.empty());

  static TypeViews of(CompiledViews compiled) {
    return new TypeViews(
        compiled::parse,
        compiled.refersTo(),
        IntStream.range(0, compiled.views().size())
            .mapToObj(i -> ViewPlan.of(compiled.views().get(i), parsed -> compiled.rows(i, parsed)))
            .toList(),
        Optional.of(compiled));
  }
}
