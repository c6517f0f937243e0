package io.epicfhir.load;

import io.epicfhir.common.JobException;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.load.spi.LakeTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What the report says of the tables.
 *
 * @param order that of the lake's tables, whichever was done first: reports stay comparable
 */
record LoadReport(RunRecorder recorder, List<LakeTable> order) {

  /** Records each kind's tables by name: what was loaded, and what was not and why. */
  void record(Map<LakeTable, Map<String, Object>> loaded, Map<LakeTable, JobException> failures) {
    for (LakeTable.Kind kind : LakeTable.Kind.values()) {
      recorder.result(kind.result(), of(kind, loaded, own -> own));
      Map<String, String> refused = of(kind, failures, JobException::getMessage);
      if (!refused.isEmpty()) {
        recorder.result(kind.refused(), refused);
      }
    }
  }

  private <A, B> Map<String, B> of(
      LakeTable.Kind kind, Map<LakeTable, A> tables, Function<A, B> answer) {
    Map<String, B> own = new LinkedHashMap<>();
    for (LakeTable table : order) {
      if (table.kind() == kind && tables.containsKey(table)) {
        own.put(table.name(), answer.apply(tables.get(table)));
      }
    }
    return own;
  }
}
