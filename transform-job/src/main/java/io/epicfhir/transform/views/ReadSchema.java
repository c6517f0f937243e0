package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.Scope;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The Spark schema of what is read. */
final class ReadSchema {
  /** Stands in an element of which no view reads a leaf, so that its presence is not lost. */
  static final String ANCHOR = "present";

  private ReadSchema() {}

  static StructType of(ReadNode resource) {
    List<StructField> fields = new ArrayList<>();
    fields.add(DataTypes.createStructField(Scope.KEY, DataTypes.StringType, true));
    resource.children().forEach((name, child) -> fields.add(field(name, child)));
    return DataTypes.createStructType(fields);
  }

  private static StructField field(String name, ReadNode node) {
    DataType type = node.form() == Form.COMPLEX ? struct(node) : node.form().sparkType();
    return node.list()
        ? DataTypes.createStructField(name, DataTypes.createArrayType(type, false), true)
        : DataTypes.createStructField(name, type, true);
  }

  private static StructType struct(ReadNode node) {
    List<StructField> fields = new ArrayList<>();
    node.children().forEach((name, child) -> fields.add(field(name, child)));
    if (fields.isEmpty()) {
      fields.add(DataTypes.createStructField(ANCHOR, DataTypes.BooleanType, true));
    }
    return DataTypes.createStructType(fields);
  }
}
