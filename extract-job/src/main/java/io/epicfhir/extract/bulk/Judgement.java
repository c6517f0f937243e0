package io.epicfhir.extract.bulk;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Whether what came may land: counts, quarantine, the server's own errors. */
public final class Judgement {
  private static final int TOLD = 5;

  private Judgement() {}

  /** Why not; empty where it may. */
  public static Optional<JobException> of(List<FileResult> files, BulkSettings bulk) {
    List<String> complaints = new ArrayList<>();
    counts(files).ifPresent(complaints::add);
    rejected(files, bulk.maxRejectedShare()).ifPresent(complaints::add);
    errors(files, bulk.allowErrors()).ifPresent(complaints::add);
    return complaints.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new JobException(
                ExitCode.DATA_REFUSED, "Cannot land the export: " + String.join("; ", complaints)));
  }

  private static Optional<String> counts(List<FileResult> files) {
    List<FileResult> wrong = files.stream().filter(f -> !f.counted()).toList();
    if (wrong.isEmpty()) {
      return Optional.empty();
    }
    List<String> told =
        wrong.stream()
            .limit(TOLD)
            .map(f -> f.name() + " announced " + f.announced() + ", received " + f.received())
            .toList();
    return Optional.of(
        wrong.size()
            + " files hold another number of lines than the manifest says ("
            + String.join(", ", told)
            + "); see them in quarantine, and rerun to ask again");
  }

  private static Optional<String> rejected(List<FileResult> files, double limit) {
    long received = files.stream().mapToLong(FileResult::received).sum();
    long rejected = files.stream().mapToLong(FileResult::rejected).sum();
    if (rejected == 0 || (double) rejected / received <= limit) {
      return Optional.empty();
    }
    return Optional.of(
        rejected
            + " of "
            + received
            + " lines are in quarantine "
            + reasons(files)
            + ", more than bulk.max-rejected-share = "
            + limit
            + "; look at them, then raise the limit and rerun, or have the server mended");
  }

  private static Optional<String> errors(List<FileResult> files, boolean allowed) {
    long severe = files.stream().mapToLong(FileResult::severe).sum();
    return severe == 0 || allowed
        ? Optional.empty()
        : Optional.of(
            "the server reports "
                + severe
                + " errors in the export; see them in quarantine (reason server-error), and set"
                + " bulk.allow-errors to land it all the same");
  }

  private static Map<String, Long> reasons(List<FileResult> files) {
    Map<String, Long> all = new TreeMap<>();
    files.forEach(f -> f.reasons().forEach((reason, n) -> all.merge(reason, n, Long::sum)));
    return all;
  }
}
