package io.epicfhir.transform.sqlviews;

import io.epicfhir.common.ColumnMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationDef;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationRef;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.View;
import org.apache.spark.sql.catalyst.plans.logical.WithCTE;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.NullType;

/**
 * What a column of a query means, where it is a column of a table that is taken over as it is.
 * Spark keeps that too, but of a UNION it keeps what the first part says: the others may hold
 * numbers where the first holds texts.
 */
final class ColumnMeaning {
  private final Map<Long, CTERelationDef> shared = new HashMap<>();

  private ColumnMeaning() {}

  /** The metadata of its table's column, or none. */
  static Metadata of(LogicalPlan plan, Attribute column) {
    return new ColumnMeaning().find(plan, column.exprId()).orElse(Metadata.empty());
  }

  /** Empty for a column that is always null: it means whatever others mean. */
  private Optional<Metadata> find(LogicalPlan plan, ExprId id) {
    if (plan instanceof WithCTE with) {
      PlanWalk.list(with.cteDefs()).forEach(one -> shared.put(one.id(), one));
      return find(with.plan(), id);
    }
    if (plan instanceof CTERelationRef reference) {
      CTERelationDef definition = shared.get(reference.cteId());
      return reference.recursive() || definition == null
          ? Optional.of(Metadata.empty())
          : byPosition(reference, List.of(definition.child()), id);
    }
    if (plan instanceof Project project) {
      return made(project.child(), PlanWalk.list(project.projectList()), id);
    }
    if (plan instanceof Aggregate aggregate) {
      return made(aggregate.child(), PlanWalk.list(aggregate.aggregateExpressions()), id);
    }
    return switch (plan.getClass().getSimpleName()) {
      case "Union", "Intersect", "Except" -> byPosition(plan, PlanWalk.children(plan), id);
      default -> plan instanceof View ? own(plan, id) : below(plan, id);
    };
  }

  private Optional<Metadata> below(LogicalPlan plan, ExprId id) {
    return PlanWalk.children(plan).stream()
        .filter(child -> position(child, id) >= 0)
        .findFirst()
        .map(child -> find(child, id))
        .orElse(Optional.of(Metadata.empty()));
  }

  private static Optional<Metadata> own(LogicalPlan plan, ExprId id) {
    return Optional.of(PlanWalk.list(plan.output()).get(position(plan, id)).metadata());
  }

  private Optional<Metadata> made(LogicalPlan child, List<NamedExpression> made, ExprId id) {
    for (NamedExpression one : made) {
      if (one.exprId().equals(id)) {
        Expression value = one instanceof Alias alias ? alias.child() : (Expression) one;
        if (value instanceof Attribute attribute) {
          return find(child, attribute.exprId());
        }
        return isNull(value) ? Optional.empty() : Optional.of(Metadata.empty());
      }
    }
    return Optional.of(Metadata.empty());
  }

  private static boolean isNull(Expression value) {
    return value instanceof Cast cast
        ? cast.child().dataType() instanceof NullType || isNull(cast.child())
        : value instanceof Literal literal && literal.value() == null;
  }

  private Optional<Metadata> byPosition(LogicalPlan plan, List<LogicalPlan> parts, ExprId id) {
    int at = position(plan, id);
    List<Metadata> found = new ArrayList<>();
    for (LogicalPlan part : parts) {
      find(part, PlanWalk.list(part.output()).get(at).exprId()).ifPresent(found::add);
    }
    return found.stream().reduce((one, other) -> sameValues(one, other) ? one : Metadata.empty());
  }

  private static boolean sameValues(Metadata one, Metadata other) {
    return Objects.equals(
            text(one, ColumnMetadata.FHIR_TYPE), text(other, ColumnMetadata.FHIR_TYPE))
        && Objects.equals(
            text(one, ColumnMetadata.ANSI_TYPE), text(other, ColumnMetadata.ANSI_TYPE));
  }

  private static String text(Metadata metadata, String key) {
    return metadata.contains(key) ? metadata.getString(key) : null;
  }

  private static int position(LogicalPlan plan, ExprId id) {
    List<Attribute> output = PlanWalk.list(plan.output());
    for (int i = 0; i < output.size(); i++) {
      if (output.get(i).exprId().equals(id)) {
        return i;
      }
    }
    return -1;
  }
}
