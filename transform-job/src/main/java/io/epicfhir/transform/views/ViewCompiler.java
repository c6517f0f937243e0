package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.ConstantText;
import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Typing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compiles all views of one resource type, so that they share one parse. */
public final class ViewCompiler {
  private ViewCompiler() {}

  /**
   * Compiles views; touches no data and needs no Spark session.
   *
   * @throws ViewException of kind VALIDATION for the first view that is wrong
   */
  public static CompiledViews compile(String resourceType, List<ViewDefinition> views) {
    FhirType resource =
        FhirType.resource(resourceType)
            .orElseThrow(
                () ->
                    ViewException.invalid(
                        "Cannot compile views of "
                            + resourceType
                            + ": FHIR R4 has no such resource"
                            + FhirType.meant(resourceType)));
    ReadNode read = ReadNode.ofResource(resource);
    List<CompiledView> compiled = new ArrayList<>();
    for (ViewDefinition view : views) {
      if (!view.resource().equals(resourceType)) {
        throw ViewException.invalid(
            "Cannot compile view "
                + view.name()
                + " with those of "
                + resourceType
                + ": it reads "
                + view.resource());
      }
      compiled.add(new RowPlanner(view, resource, typing(view, resource), read).compile());
    }
    return new CompiledViews(resourceType, read, compiled);
  }

  static Typing typing(ViewDefinition view, FhirType resource) {
    Map<String, Expr.Literal> constants = new HashMap<>();
    for (ViewDefinition.Constant constant : view.constants()) {
      FhirType type = FhirType.primitive(constant.type());
      boolean twice =
          constants.put(constant.name(), new Expr.Literal(constant.text(), type)) != null;
      if (twice || !ConstantText.isOf(type, constant.text())) {
        throw ViewException.invalid(
            "Cannot compile view "
                + view.name()
                + ": constant "
                + constant.name()
                + (twice
                    ? " is declared twice; rename one"
                    : " is not a valid " + constant.type()));
      }
    }
    return new Typing(resource, constants);
  }
}
