package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The type of a column: declared, or that of its path. */
final class ColumnTypes {
  private ColumnTypes() {}

  /**
   * What the column's values are. A declared type may widen a number or rename a text.
   *
   * @return empty where the declared type would change what the value is
   */
  static Optional<Form> form(ViewDefinition.Column column, FhirType path) {
    Form found = path.form();
    if (column.type().isEmpty()) {
      return Optional.of(found);
    }
    Form declared = Form.ofPrimitive(bare(column.type()));
    boolean widens =
        switch (declared) {
          case LONG -> found == Form.INTEGER;
          case DECIMAL -> found == Form.INTEGER || found == Form.LONG;
          case TEXT, TIMESTAMP, TIME ->
              found.sparkType().equals(DataTypes.StringType) && found != Form.DECIMAL;
          default -> false;
        };
    return found == declared || widens || found == Form.NOTHING
        ? Optional.of(declared)
        : Optional.empty();
  }

  static ViewColumn column(ViewDefinition.Column column, Expr path, Form form) {
    DataType type = form.sparkType();
    return new ViewColumn(
        column.name(),
        column.type().isEmpty() ? path.type().name() : bare(column.type()),
        column.path(),
        column.collection(),
        column.description(),
        Optional.of(column.ansiType()).filter(t -> !t.isEmpty()),
        column.indexed(),
        varied(path),
        column.collection() ? DataTypes.createArrayType(type) : type);
  }

  /** What tells the columns of two branches of a union apart; empty where nothing does. */
  static String difference(List<ViewColumn> first, List<ViewColumn> other) {
    if (first.size() != other.size()) {
      return "the branches of unionAll have not the same number of columns";
    }
    for (int i = 0; i < first.size(); i++) {
      ViewColumn expected = first.get(i);
      ViewColumn found = other.get(i);
      if (!expected.name().equals(found.name())
          || !expected.sparkType().equals(found.sparkType())) {
        return "the branches of unionAll differ in column "
            + (i + 1)
            + ": "
            + expected.name()
            + " "
            + expected.fhirType()
            + " and "
            + found.name()
            + " "
            + found.fhirType();
      }
    }
    return "";
  }

  private static boolean varied(Expr path) {
    return path instanceof Expr.ResourceKey
        || path instanceof Expr.ReferenceKey
        || List.of("id", "dateTime", "instant").contains(path.type().name());
  }

  /** The type's name without the URL that the specification allows before it. */
  private static String bare(String type) {
    return type.substring(type.lastIndexOf('/') + 1);
  }
}
