package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.arrays_zip;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;

/**
 * A criterion that asks for nothing but constants in an item's own fields, such as {@code system =
 * 'http://loinc.org' and code = '85354-9'}. Whether a list has such an item can be said without a
 * lambda, which Spark would run outside its generated code, and with it the whole filter.
 */
final class Match {
  private final List<String> fields = new ArrayList<>();
  private final List<Column> values = new ArrayList<>();

  private Match() {}

  /** Empty where the criterion is of another kind. */
  static Optional<Match> of(Expr criterion) {
    Match match = new Match();
    Set<String> distinct = new HashSet<>();
    return match.take(criterion) && distinct.addAll(match.fields) && distinct.size() == match.size()
        ? Optional.of(match)
        : Optional.empty();
  }

  /** Whether an item of the list meets it; null where the list is null or has none. */
  Column anyOf(Column items) {
    if (size() == 1) {
      return array_contains(items.getField(fields.get(0)), values.get(0));
    }
    Column[] columns = fields.stream().map(items::getField).toArray(Column[]::new);
    Column[] named = new Column[size()];
    for (int i = 0; i < named.length; i++) {
      named[i] = values.get(i).as(fields.get(i));
    }
    return array_contains(arrays_zip(columns), struct(named));
  }

  private int size() {
    return fields.size();
  }

  private boolean take(Expr criterion) {
    if (!(criterion instanceof Expr.Call call) || call.arguments().size() != 2) {
      return false;
    }
    Expr left = call.arguments().get(0);
    Expr right = call.arguments().get(1);
    return switch (call.op()) {
      case AND -> take(left) && take(right);
      case EQUAL -> constant(left, right) || constant(right, left);
      default -> false;
    };
  }

  /** Only texts: equal for Spark is equal for FHIRPath. */
  private boolean constant(Expr field, Expr value) {
    boolean plain =
        field instanceof Expr.Member member
            && member.source() instanceof Expr.This
            && !member.list()
            && member.type().form() == Form.TEXT
            && value instanceof Expr.Literal literal
            && literal.type().form() == Form.TEXT
            && literal.text() != null;
    if (plain) {
      fields.add(((Expr.Member) field).field());
      values.add(lit(((Expr.Literal) value).text()));
    }
    return plain;
  }
}
