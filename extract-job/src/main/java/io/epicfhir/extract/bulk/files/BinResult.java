package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.DamagedBody;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.request.Traffic;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a task did; all that comes back from it to the driver.
 *
 * @param files one for each file taken in
 * @param traffic requests, retries, bytes
 * @param failure why the task stopped; null where it did not
 */
public record BinResult(List<FileReceipt> files, Traffic.Sums traffic, Failure failure) {

  private static final Set<ExitCode> PASSING = Set.of(ExitCode.UNAVAILABLE, ExitCode.STORAGE);

  /**
   * A failure that another attempt of the task would only repeat.
   *
   * @param gone whether the file's link leads nowhere
   * @param mayPass whether that is only a gateway's word
   * @param damaged whether the file itself is what is wrong, as far as all tries show
   */
  public record Failure(
      ExitCode exitCode, String message, boolean gone, boolean mayPass, boolean damaged) {
    static Failure of(JobException e) {
      return new Failure(e.exitCode(), e.getMessage(), false, false, isOfFile(e));
    }

    /**
     * All tries ended at the file itself: its bytes are damaged, or the server says in FHIR's words
     * that it cannot give this one.
     */
    private static boolean isOfFile(JobException e) {
      return e.getCause() instanceof DamagedBody
          || (e.getCause() instanceof PassingFailure passing
              && passing.ofRequest()
              && passing.status() >= 500
              && !passing.codes().isEmpty());
    }

    static Failure gone(GoneFile e) {
      return new Failure(e.refusal().exitCode(), e.getMessage(), true, e.mayPass(), false);
    }
  }

  /** Fails as the tasks did, where one did. */
  public static void requireAll(List<BinResult> results) {
    List<Failure> failures =
        results.stream().map(BinResult::failure).filter(f -> f != null).toList();
    if (failures.isEmpty()) {
      return;
    }
    // Where one failure will repeat itself, a retry or a fresh link is in vain for the others.
    Failure first =
        failures.stream()
            .filter(f -> !f.gone() && !PASSING.contains(f.exitCode()))
            .findFirst()
            .orElse(null);
    Optional<Failure> gone =
        failures.stream().filter(Failure::gone).min(Comparator.comparing(Failure::mayPass));
    if (first == null && gone.isPresent()) {
      throw new LinksExpired(gone.get().message(), gone.get().mayPass());
    }
    Optional<Failure> damaged = failures.stream().filter(Failure::damaged).findFirst();
    first = first == null ? damaged.orElse(failures.get(0)) : first;
    throw new JobException(
        first.exitCode(),
        first.message()
            + (failures.size() > 1 ? " (and " + (failures.size() - 1) + " more failed)" : ""),
        damaged.map(file -> new DamagedFile(file.message())).orElse(null));
  }
}
