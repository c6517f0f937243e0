package io.epicfhir.transform.erase;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Sha256;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.ApprovedPatients;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOuts;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;

/**
 * Whether the Patient records that an erasure finds are those that a person has approved. A file
 * names patients; links and MRNs say which records are theirs, and both may change between the
 * count and the erasure.
 */
final class ApprovedRecords {
  private final Lake lake;
  private final ApprovedPatients digests;
  private final NamedPatients named;
  private final Optional<String> approved;

  /**
   * @param approved what {@link #digest} gave at the count; empty for a call by hand, which needs
   *     no approval
   */
  ApprovedRecords(Lake lake, NamedPatients named, Optional<String> approved) {
    this.lake = lake;
    this.digests = new ApprovedPatients(lake);
    this.named = named;
    this.approved = approved;
  }

  /** What is approved: keyed digests of the list and of the records, and how many these are. */
  String digest(Set<String> records) {
    return String.join(
        ApprovedPatients.SEPARATOR,
        digests.digest(named),
        String.valueOf(records.size()),
        digests.digestOf(records));
  }

  /**
   * Compares the records with those that were counted. What an earlier try of the same approval has
   * left may be fewer: it has put all of them on the list before it erased the first one.
   *
   * @param listed who is on the opt-out list now
   * @throws JobException {@link ExitCode#SETTINGS} where they are others
   */
  void require(Set<String> records, OptOuts listed) {
    if (approved.isEmpty() || approved.get().equals(digest(records))) {
      return;
    }
    boolean begun = lake.exists(begun());
    if (begun && records.stream().allMatch(listed::isErased)) {
      return;
    }
    throw new JobException(
        ExitCode.SETTINGS,
        "Cannot erase: the listed persons have %d Patient records now, which are not the %s that were counted and approved; a link or an identifier has changed since. %s. Trigger the DAG again: it counts again and asks for another approval"
            .formatted(
                records.size(),
                counted(),
                begun
                    ? "Nothing more was erased: later exports leave the approved records out, and what the lake still has of them stays"
                    : "Nothing was erased"));
  }

  private String counted() {
    String[] parts = approved.orElse("").split(ApprovedPatients.SEPARATOR, -1);
    return parts.length == 3 ? parts[1] : "ones";
  }

  /** Remembers that the approved records are about to go. */
  void begin() {
    if (approved.isPresent()) {
      lake.write(begun(), "begun\n");
    }
  }

  private Path begun() {
    return lake.paths().state("approvals/" + Sha256.name(approved.orElse(""), 16) + ".begun");
  }
}
