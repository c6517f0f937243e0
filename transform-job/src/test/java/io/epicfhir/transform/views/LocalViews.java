package io.epicfhir.transform.views;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import org.apache.spark.unsafe.types.UTF8String;

/** Runs views over resources in memory. */
final class LocalViews {
  private LocalViews() {}

  /**
   * The rows of one view as JSON lines.
   *
   * @param keys the resources' ids
   * @throws ViewException for the first resource that does not fit
   */
  static List<String> rows(
      CompiledViews views, int number, List<String> keys, List<String> resources) {
    RowLines rows = new RowLines(views.views().get(number).columns());
    ViewRunner runner = views.runner(new Drift());
    BitSet wanted = new BitSet();
    wanted.set(number);
    for (int i = 0; i < keys.size(); i++) {
      byte[] bytes = ("  " + resources.get(i) + " x").getBytes(StandardCharsets.UTF_8);
      runner.run(UTF8String.fromString(keys.get(i)), bytes, 2, bytes.length - 2, wanted, rows);
      if (rows.refusal() != null) {
        throw rows.refusal().exception("resource " + (i + 1));
      }
    }
    return rows.lines();
  }
}
