package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.PathException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The type of a column: declared, or that of its path. */
final class ColumnTypes {
  private ColumnTypes() {}

  /**
   * A column that is planned.
   *
   * @param type what its values are, which its declared type may have widened
   */
  record Typed(ViewColumn column, FhirType type) {}

  /**
   * What the column's values are. A declared type may widen a number or a date, or rename a text.
   *
   * @return empty where the declared type would change what the value is
   */
  static Optional<FhirType> type(ViewDefinition.Column column, FhirType path) {
    if (column.type().isEmpty()) {
      return Optional.of(path);
    }
    FhirType type = FhirType.primitive(bare(column.type()));
    Form found = path.form();
    boolean fits =
        switch (type.form()) {
          case LONG -> found == Form.INTEGER || found == Form.LONG;
          case DECIMAL -> found.number();
          case TEXT -> found == Form.TEXT || found == Form.TIMESTAMP || found == Form.TIME;
          case TIMESTAMP ->
              found == Form.TIMESTAMP
                  && (type.name().equals(path.name()) || type.name().equals("dateTime"));
          default -> found == type.form();
        };
    return Form.isPrimitive(type.name()) && (fits || found == Form.NOTHING)
        ? Optional.of(type)
        : Optional.empty();
  }

  static Typed column(ViewDefinition.Column column, Expr path, FhirType type) {
    ViewColumn planned = planned(column, path, type);
    return new Typed(planned, type);
  }

  private static ViewColumn planned(ViewDefinition.Column column, Expr path, FhirType type) {
    return new ViewColumn(
        column.name(),
        type.name(),
        column.path(),
        column.collection(),
        column.description(),
        Optional.of(column.ansiType()).filter(t -> !t.isEmpty()),
        column.indexed(),
        varied(path),
        sparkType(type, column.collection()));
  }

  private static DataType sparkType(FhirType type, boolean collection) {
    DataType one = type.form().sparkType();
    return collection ? DataTypes.createArrayType(one) : one;
  }

  /**
   * The columns of two branches of a union, of the types that fit both.
   *
   * @throws PathException where nothing fits both
   */
  static List<Typed> common(List<Typed> first, List<Typed> other) {
    if (first.size() != other.size()) {
      throw new PathException("the branches of unionAll have different numbers of columns");
    }
    List<Typed> common = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      ViewColumn expected = first.get(i).column();
      ViewColumn found = other.get(i).column();
      Optional<FhirType> type = FhirType.common(first.get(i).type(), other.get(i).type());
      if (type.isEmpty()
          || !expected.name().equals(found.name())
          || expected.collection() != found.collection()) {
        throw new PathException(
            "the branches of unionAll differ in column "
                + (i + 1)
                + ": "
                + described(expected)
                + " and "
                + described(found));
      }
      common.add(new Typed(of(expected, type.get()), type.get()));
    }
    return common;
  }

  private static String described(ViewColumn column) {
    return column.name() + " " + column.fhirType() + (column.collection() ? " (collection)" : "");
  }

  private static ViewColumn of(ViewColumn column, FhirType type) {
    return new ViewColumn(
        column.name(),
        type.name(),
        column.path(),
        column.collection(),
        column.description(),
        column.ansiType(),
        column.indexed(),
        column.varied(),
        sparkType(type, column.collection()));
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
