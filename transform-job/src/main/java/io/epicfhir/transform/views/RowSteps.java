package io.epicfhir.transform.views;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode_outer;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.posexplode;
import static org.apache.spark.sql.functions.posexplode_outer;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.Lowering;
import io.epicfhir.transform.fhirpath.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;

/**
 * The steps that make a view's rows out of its resources, one after the other. A union gives each
 * row a branch number; the steps of a branch leave the rows of the others alone.
 */
final class RowSteps {
  private final List<UnaryOperator<Dataset<Row>>> steps = new ArrayList<>();
  private int names;

  /** An element that a row is at, and its number from 0. */
  record Element(Column element, Column index) {}

  /** The branch that a row belongs to. */
  record Branches(Column number, Column outer) {
    Column active(int branch) {
      Column mine = number.equalTo(branch);
      return outer == null ? mine : outer.and(mine);
    }

    Column choose(List<Column> values) {
      Column chosen = when(number.equalTo(0), values.get(0));
      for (int i = 1; i < values.size(); i++) {
        chosen = chosen.when(number.equalTo(i), values.get(i));
      }
      return chosen;
    }
  }

  Dataset<Row> apply(Dataset<Row> parsed) {
    Dataset<Row> rows = parsed;
    for (UnaryOperator<Dataset<Row>> step : steps) {
      rows = step.apply(rows);
    }
    return rows;
  }

  void filter(Column condition) {
    steps.add(rows -> rows.filter(condition));
  }

  /**
   * One row for each element.
   *
   * @param active which rows this concerns; null for all
   * @param orNull whether a row without elements stays, with null
   */
  Element explode(Expr path, Scope scope, Column active, boolean orNull) {
    String element = name("element");
    String index = name("index");
    Column many = Lowering.many(path, scope);
    Column items = active == null ? many : when(active, many);
    boolean keepAll = orNull || active != null;
    Column generator = keepAll ? posexplode_outer(items) : posexplode(items);
    steps.add(rows -> rows.select(col("*"), generator.as(new String[] {index, element})));
    if (active != null && !orNull) {
      filter(not(active).or(col(element).isNotNull()));
    }
    return new Element(col(element), keepAll ? coalesce(col(index), lit(0)) : col(index));
  }

  /** One row for each branch of a union. */
  Branches branch(int count, Column active) {
    String branch = name("branch");
    Column numbers = array(IntStream.range(0, count).mapToObj(i -> lit(i)).toArray(Column[]::new));
    Column generator =
        active == null ? functions.explode(numbers) : explode_outer(when(active, numbers));
    steps.add(rows -> rows.select(col("*"), generator.as(branch)));
    return new Branches(col(branch), active);
  }

  static Column orEmpty(Column many, DataType type) {
    return coalesce(many.cast(type), array().cast(type));
  }

  /** FHIR's element names have no double underscore. */
  private String name(String what) {
    return "__" + what + names++;
  }
}
