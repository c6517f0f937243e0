package io.epicfhir.transform.silver;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a run did to silver.
 *
 * @param exports the exports that are applied now
 * @param landed pending resources by type, as the landings say
 * @param counts what they changed, by type
 * @param earlier what earlier tries of the run counted, by type
 * @param state what silver holds now
 * @param rebuilt types that were rebuilt from bronze
 * @param problems why the run is red, and what is worth a note
 */
public record SilverResult(
    List<String> exports,
    Map<String, Long> landed,
    Map<String, SilverCounts> counts,
    Map<String, NotedCounts> earlier,
    SilverState state,
    Set<String> rebuilt,
    SilverProblems problems) {}
