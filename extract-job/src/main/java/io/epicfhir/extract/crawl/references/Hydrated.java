package io.epicfhir.extract.crawl.references;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.bronze.StagedFile;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What was fetched.
 *
 * @param bronze staged files of it, and of deletions
 * @param quarantine staged files
 * @param byReference types that hold resources which no export brings
 * @param concludes whether deletions begin with the export: it lacks what an earlier one had
 * @param keptOut what stayed out, as {@link io.epicfhir.common.optout.KeptOut} has it
 * @param released hashes of what was on the opt-out list and is another patient's now: where there
 *     is any nothing else counts, and the export is to be taken in once more with a shorter list
 * @param complaint why the export must not land; empty where it may
 */
public record Hydrated(
    List<StagedFile> bronze,
    List<StagedFile> quarantine,
    HydrationCounts counts,
    Set<String> byReference,
    boolean concludes,
    Set<String> keptOut,
    Set<String> released,
    Optional<JobException> complaint) {
  public Hydrated {
    bronze = List.copyOf(bronze);
    quarantine = List.copyOf(quarantine);
    byReference = Set.copyOf(byReference);
    keptOut = Set.copyOf(keptOut);
    released = Set.copyOf(released);
  }

  /** Rows in quarantine. */
  public long quarantined() {
    return quarantine.stream().mapToLong(StagedFile::rows).sum();
  }
}
