package io.epicfhir.transform;

import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.common.Sha256;
import io.epicfhir.transform.views.CompiledView;
import io.epicfhir.transform.views.ViewColumn;
import io.epicfhir.transform.views.ViewDefinition;
import io.epicfhir.transform.views.ViewFile;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructType;

/**
 * A view as a table to be kept.
 *
 * @param name the table's name
 * @param description the table's description
 * @param hash changes where the definition or its columns do
 * @param schema the columns in order, then _resource_id; metadata says what each means
 * @param varied the columns whose values mostly differ from row to row
 * @param letsAllThrough whether the view has no where
 * @param onlyLabelsMissing whether it lets all through but those of the security labels that the
 *     settings leave out
 * @param rowForEachResource whether each resource that is let through gives a row
 */
record ViewPlan(
    String name,
    String description,
    String hash,
    StructType schema,
    List<String> varied,
    boolean letsAllThrough,
    boolean onlyLabelsMissing,
    boolean rowForEachResource) {
  /** The last column: which resource gave the row. */
  static final String RESOURCE_ID = "_resource_id";

  /** Changes where the way in which rows are made of the same definition does. */
  private static final String ENGINE = "4";

  static ViewPlan of(CompiledView view) {
    ViewDefinition definition = view.definition();
    StructType schema = new StructType();
    for (ViewColumn column : view.columns()) {
      schema = schema.add(column.name(), column.sparkType(), true, metadata(column));
    }
    schema = schema.add(RESOURCE_ID, DataTypes.StringType, true, Metadata.empty());
    return new ViewPlan(
        definition.name(),
        definition.description().isBlank() ? definition.title() : definition.description(),
        Sha256.hex(ENGINE + definition.json() + schema.json()),
        schema,
        Stream.concat(
                view.columns().stream().filter(ViewColumn::varied).map(ViewColumn::name),
                Stream.of(RESOURCE_ID))
            .toList(),
        definition.letsAllThrough(),
        SecurityLabels.isOnlyCriterion(definition.where()),
        definition.givesRowForEachResource());
  }

  /** How files of the view's rows look. */
  ViewFile file() {
    return new ViewFile(name, schema, varied);
  }

  /** What the analysts' database and its comments are made from. */
  private static Metadata metadata(ViewColumn column) {
    MetadataBuilder metadata =
        new MetadataBuilder()
            .putString(ColumnMetadata.FHIR_TYPE, column.fhirType())
            .putString(ColumnMetadata.FHIR_PATH, column.path())
            .putBoolean(ColumnMetadata.COLLECTION, column.collection())
            .putString(ColumnMetadata.DESCRIPTION, column.description());
    column.ansiType().ifPresent(type -> metadata.putString(ColumnMetadata.ANSI_TYPE, type));
    if (column.indexed()) {
      metadata.putBoolean(ColumnMetadata.INDEX, true);
    }
    return metadata.build();
  }
}
