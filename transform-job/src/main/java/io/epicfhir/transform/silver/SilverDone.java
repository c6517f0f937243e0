package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Landing;
import java.util.List;
import java.util.Map;

/**
 * What was done.
 *
 * @param appliedExports the landings all of which is in silver now
 */
record SilverDone(
    List<Landing> appliedExports, Map<String, SilverCounts> counts, SilverState state) {}
