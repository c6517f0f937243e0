package io.epicfhir.transform;

import java.util.List;
import java.util.Map;

/** Evaluates views and takes their old rows out; commits nothing. */
interface ViewWork {
  /** Runs the updates, and gives what was done for each view. */
  Map<String, List<ViewPart>> run(List<ViewUpdate> updates);

  /** What the resources have that FHIR does not say, by resource type; of the last run. */
  Map<String, Map<String, Long>> drift();
}
