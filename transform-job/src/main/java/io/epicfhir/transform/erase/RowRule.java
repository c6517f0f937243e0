package io.epicfhir.transform.erase;

import io.epicfhir.common.optout.KeyColumns;
import io.epicfhir.common.optout.LinkedRecords;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.ParquetRows;
import java.nio.charset.StandardCharsets;
import org.apache.parquet.example.data.Group;

/** Which rows of resources go. */
final class RowRule {
  private static final String PATIENT = "Patient";

  private RowRule() {}

  /** Whether a row of a Delta table's file may be one of an erased resource, by an id alone. */
  static boolean isOne(Mentions erased, Group row) {
    for (int i = 0; i < row.getType().getFieldCount(); i++) {
      if (KeyColumns.isKey(row.getType().getFieldName(i))
          && ParquetRows.anyText(
              row, i, id -> erased.hasId(new String(id, StandardCharsets.UTF_8)))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a value says that the row is of a resource of others, too. */
  static boolean isShared(Mentions shared, String table, String column, String id) {
    if (!KeyColumns.isOwn(column) || !shared.hasId(id)) {
      return false;
    }
    return shared.has(KeyColumns.type(table, column), id)
        || !KeyColumns.isCertain(table, column, id);
  }

  /**
   * A row of an erased resource, or one whose text names an erased patient, or an erased resource
   * and no other patient: who refers to her sample in his own record keeps his. Another patient's
   * own record goes only where it links to an erased one: where it names one otherwise (a mother),
   * it stays, and the proof counts it.
   */
  static boolean goes(Mentions erased, String type, String id, byte[] text) {
    if (erased.has(type, id)) {
      return true;
    }
    if (!erased.inResource(id, text)) {
      return false;
    }
    return !type.equals(PATIENT)
        || LinkedRecords.of(new String(text, StandardCharsets.UTF_8), PATIENT).stream()
            .anyMatch(erased.keys()::contains);
  }
}
