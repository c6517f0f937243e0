package io.epicfhir.transform.erase;

import io.epicfhir.common.optout.LinkedRecords;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.ParquetRows;
import java.nio.charset.StandardCharsets;
import org.apache.parquet.example.data.Group;

/** Which rows of resources go. */
final class RowRule {
  private static final String PATIENT = "Patient";

  /** A view's column of the resource that a row is of. */
  static final String RESOURCE = "_resource_id";

  private RowRule() {}

  /** Whether a row of a Delta table's file may be one of an erased resource, by its id alone. */
  static boolean isOne(Mentions erased, Group row) {
    String column = row.getType().containsField(RESOURCE) ? RESOURCE : "id";
    return row.getType().containsField(column)
        && erased.hasId(new String(ParquetRows.bytes(row, column), StandardCharsets.UTF_8));
  }

  /**
   * A row of an erased resource, or one whose text names an erased resource. Another patient's own
   * record goes only where it links to an erased one: where it names one otherwise (a mother), it
   * stays, and the proof counts it.
   */
  static boolean goes(Mentions erased, String type, String id, byte[] text) {
    if (erased.has(type, id)) {
      return true;
    }
    if (!erased.in(text, 0, text.length)) {
      return false;
    }
    return !type.equals(PATIENT)
        || LinkedRecords.of(new String(text, StandardCharsets.UTF_8), PATIENT).stream()
            .anyMatch(erased.keys()::contains);
  }
}
