package io.epicfhir.transform.delta;

import io.epicfhir.common.StateFile;

/** Where a table of this pipeline stands: a file that is written after each commit. */
public interface TableState extends StateFile {
  /** The newest commit that changed rows. */
  long deltaVersion();

  /** That commit's own identity. */
  String identity();

  /** Whether the file had all that such a state has: JSON of another kind can be read, too. */
  boolean hasAll();
}
