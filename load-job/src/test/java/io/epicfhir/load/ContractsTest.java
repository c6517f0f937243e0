package io.epicfhir.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.Contracts;
import io.epicfhir.load.postgres.PostgresTarget;
import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.spi.LakeTable;
import io.epicfhir.load.spi.TableShape;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** What transform says of a column, by {@code common/contracts}, becomes its type and comment. */
class ContractsTest {
  private static final StructField RESOURCE_ID =
      new StructField("_resource_id", DataTypes.StringType, false, Metadata.empty());

  @Test
  void theMetadataOfAColumnBecomesItsTypeAndItsComment() {
    List<StructField> fields = new ArrayList<>();
    Contracts.golden("column-metadata")
        .properties()
        .forEach(
            column ->
                fields.add(
                    new StructField(
                        column.getKey().replace('.', '_'),
                        DataTypes.StringType,
                        true,
                        Metadata.fromJson(column.getValue().toString()))));
    fields.add(RESOURCE_ID);

    TableShape shape =
        TableShape.of(
            new LakeTable(LakeTable.Kind.VIEW, "patient"),
            "",
            new StructType(fields.toArray(StructField[]::new)),
            PostgresTarget.LIMITS);

    assertThat(shape.columns())
        .extracting(TableShape.Column::name, c -> PostgresType.sql(c), TableShape.Column::comment)
        .contains(
            org.assertj.core.groups.Tuple.tuple(
                "patient_birth_date",
                "date",
                "Date of birth; the source may know only year or month\nFHIR birthDate: date"));
  }

  @Test
  void aColumnWithTheKeyOfAnIndexHasOne() {
    assertThat(Contracts.keys("column-metadata")).contains("index");
    StructField field =
        new StructField("a", DataTypes.StringType, true, Metadata.fromJson("{\"index\": true}"));

    assertThat(
            TableShape.of(
                    new LakeTable(LakeTable.Kind.VIEW, "v"),
                    "",
                    new StructType(new StructField[] {field, RESOURCE_ID}),
                    PostgresTarget.LIMITS)
                .columns())
        .filteredOn(column -> column.name().equals("a"))
        .singleElement()
        .matches(TableShape.Column::indexed);
  }
}
