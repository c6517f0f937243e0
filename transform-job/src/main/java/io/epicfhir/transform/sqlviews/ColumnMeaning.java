package io.epicfhir.transform.sqlviews;

import io.epicfhir.common.ColumnMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.CaseWhen;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Coalesce;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.RuntimeReplaceable;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationDef;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationRef;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.View;
import org.apache.spark.sql.catalyst.plans.logical.WithCTE;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.NullType;

/**
 * What a column of a query means, where it is a column of a table that is taken over as it is.
 * Spark keeps that too, but of a UNION it keeps what the first part says: the others may hold
 * numbers where the first holds texts. A column that is one of several, such as a coalesce of two
 * times, has their type, if they have the same one.
 */
final class ColumnMeaning {
  private static final Set<String> TIMES = Set.of("date", "dateTime", "instant");

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
        return value(child, one instanceof Alias alias ? alias.child() : (Expression) one);
      }
    }
    return Optional.of(Metadata.empty());
  }

  private Optional<Metadata> value(LogicalPlan child, Expression value) {
    if (value instanceof Attribute attribute) {
      return find(child, attribute.exprId());
    }
    if (isNull(value)) {
      return Optional.empty();
    }
    List<Expression> choices = choices(value);
    return choices.isEmpty()
        ? Optional.of(Metadata.empty())
        : choices.stream()
            .flatMap(choice -> value(child, choice).stream())
            .map(one -> typeOf(one, one))
            .reduce(ColumnMeaning::typeOf);
  }

  /** The expressions of which one is the value; none where it is computed. */
  private static List<Expression> choices(Expression value) {
    if (value instanceof Coalesce coalesce) {
      return PlanWalk.list(coalesce.children());
    }
    if (value instanceof If choice) {
      return List.of(choice.trueValue(), choice.falseValue());
    }
    if (value instanceof CaseWhen choice) {
      List<Expression> values = new ArrayList<>();
      PlanWalk.list(choice.branches()).forEach(branch -> values.add(branch._2()));
      if (choice.elseValue().isDefined()) {
        values.add(choice.elseValue().get());
      }
      return values;
    }
    // nvl, ifnull, nullif and their like say what they stand for.
    return value instanceof RuntimeReplaceable named ? choices(named.replacement()) : List.of();
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
    return found.stream().reduce((one, other) -> sameValues(one, other) ? one : typeOf(one, other));
  }

  /** What values of either are, without what is true of the one column only. */
  private static Metadata typeOf(Metadata one, Metadata other) {
    MetadataBuilder common = new MetadataBuilder();
    String fhir = text(one, ColumnMetadata.FHIR_TYPE);
    String otherFhir = text(other, ColumnMetadata.FHIR_TYPE);
    if (fhir != null && fhir.equals(otherFhir)) {
      common.putString(ColumnMetadata.FHIR_TYPE, fhir);
    } else if (isTime(fhir) && isTime(otherFhir)) {
      common.putString(ColumnMetadata.FHIR_TYPE, "dateTime");
    }
    String ansi = ansi(one);
    if (ansi != null && ansi.equals(ansi(other))) {
      common.putString(ColumnMetadata.ANSI_TYPE, ansi);
    }
    return common.build();
  }

  private static boolean isTime(String fhirType) {
    return fhirType != null && TIMES.contains(fhirType);
  }

  /** The type in a database; an instant needs no tag for it. */
  private static String ansi(Metadata metadata) {
    String ansi = text(metadata, ColumnMetadata.ANSI_TYPE);
    return ansi == null && "instant".equals(text(metadata, ColumnMetadata.FHIR_TYPE))
        ? "TIMESTAMP WITH TIME ZONE"
        : ansi;
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
