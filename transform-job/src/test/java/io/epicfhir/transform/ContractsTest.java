package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.common.Contracts;
import io.epicfhir.transform.views.ViewCompiler;
import io.epicfhir.transform.views.ViewDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** What this module writes for others is what {@code common/contracts} says. */
final class ContractsTest {
  private static final Map<String, String> TYPES =
      Map.of("patient", "Patient", "encounter", "Encounter");

  @Test
  void aViewStateIsAsAgreed() {
    assertThat(Contracts.assertRead("view-state", ViewState.class).view()).isEqualTo("patient");
  }

  @Test
  void theMetadataOfAColumnIsAsAgreed() throws Exception {
    for (var column : Contracts.golden("column-metadata").properties()) {
      String view = column.getKey().split("\\.", 2)[0];
      String name = column.getKey().split("\\.", 2)[1];
      JsonNode written = new ObjectMapper().readTree(schema(view).apply(name).metadata().json());
      assertThat(written).as(column.getKey()).isEqualTo(column.getValue());
    }
  }

  private static StructType schema(String view) throws Exception {
    String json = Files.readString(Path.of("../conf/views/" + view + ".json"));
    ViewDefinition definition = ViewDefinition.parse(json, view);
    return TypeViews.of(ViewCompiler.compile(TYPES.get(view), List.of(definition)))
        .views()
        .get(0)
        .schema();
  }
}
