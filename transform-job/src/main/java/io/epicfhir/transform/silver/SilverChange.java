package io.epicfhir.transform.silver;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableWriter;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What exports change in silver: rows that come, and the places of those that go. */
interface SilverChange {
  /** What it amounts to, by resource type. */
  Map<String, SilverCounts> counts();

  /**
   * Writes files of the rows that come; a commit has yet to name them.
   *
   * @param version the commit that will bring them
   * @param without types that are left as they are
   */
  List<NewFile> write(TableWriter writer, long version, Set<String> without);

  /** Where the rows lie that go or change. */
  RowPositions going(Set<String> without);
}
