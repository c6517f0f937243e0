package io.epicfhir.extract.bulk.judgement;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.extract.bulk.files.FileReceipt;
import io.epicfhir.extract.bulk.files.FileResult;
import io.epicfhir.extract.bulk.files.Receipts;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.manifest.FileLabel;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Whether what came may land: counts, quarantine, the server's own errors. */
public final class Judgement {
  private static final int TOLD = 5;

  /** No setting accepts a file that is not whole. */
  private static final String AGAIN = ". If that does not help, ";

  private static final String ACCEPT =
      ". To accept it, change the settings that this message names, then clear the task extract,"
          + " which checks it again without a download; or ";

  private Judgement() {}

  /** Why not; empty where it may. */
  public static Optional<JobException> of(List<FileResult> files, BulkSettings bulk) {
    List<String> complaints = new ArrayList<>();
    Optional<String> counts = counts(files);
    counts.ifPresent(complaints::add);
    rejected(files, bulk.maxRejectedShare()).ifPresent(complaints::add);
    errors(files, bulk).ifPresent(complaints::add);
    return complaints.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new JobException(
                ExitCode.DATA_REFUSED,
                "Cannot land the export: "
                    + String.join("; ", complaints)
                    + (counts.isPresent() ? AGAIN : ACCEPT)
                    + "rerun from the kick-off, which requests a new export"));
  }

  /**
   * Whether an export that was refused may land by the settings of now: what came in whole is there
   * still.
   */
  public static boolean acceptsNow(Lake lake, ExportLedger ledger, BulkSettings bulk) {
    boolean judged = ledger.refusal().filter(ExportLedger.Refused::judged).isPresent();
    if (!judged || ledger.started().isEmpty() || ledger.manifest().isEmpty()) {
      return false;
    }
    Manifest manifest = Manifest.parse(ledger.manifest().get());
    List<RemoteFile> files = manifest.files();
    Receipts receipts = new Receipts(lake, ledger.staging(), manifest.transactionTime());
    List<FileResult> taken =
        files.stream()
            .map(receipts::find)
            .flatMap(Optional::stream)
            .map(FileReceipt::result)
            .toList();
    return taken.size() == files.size() && of(taken, bulk).isEmpty();
  }

  private static Optional<String> counts(List<FileResult> files) {
    List<FileResult> wrong = files.stream().filter(f -> !f.counted()).toList();
    if (wrong.isEmpty()) {
      return Optional.empty();
    }
    List<String> told =
        wrong.stream()
            .limit(TOLD)
            .map(
                f ->
                    FileLabel.of(f.type(), f.name())
                        + " announced "
                        + f.announced()
                        + ", received "
                        + f.received())
            .toList();
    return Optional.of(
        wrong.size()
            + " files do not have as many lines as the manifest says ("
            + String.join(", ", told)
            + "); look at them in quarantine, then rerun, which downloads them again");
  }

  private static Optional<String> rejected(List<FileResult> files, double limit) {
    long received = files.stream().mapToLong(FileResult::received).sum();
    long rejected = files.stream().mapToLong(FileResult::notRead).sum();
    if (rejected == 0 || (double) rejected / received <= limit) {
      return Optional.empty();
    }
    long notKept = rejected - files.stream().mapToLong(FileResult::rejected).sum();
    return Optional.of(
        rejected
            + " of "
            + received
            + (notKept == 0 ? " lines are in quarantine " : " lines cannot be read ")
            + reasons(files)
            + " from files of "
            + types(files)
            + ", more than bulk.max-rejected-share = "
            + limit
            + "; "
            + where(notKept)
            + ", then raise the limit and rerun, or ask the server's operator to fix them");
  }

  private static String where(long notKept) {
    return notKept == 0
        ? "look at them"
        : notKept
            + " of them name an opted-out patient or a resource of one, and are not kept; look at the"
            + " others in quarantine";
  }

  private static Optional<String> errors(List<FileResult> files, BulkSettings bulk) {
    Map<String, Long> unexpected = new TreeMap<>();
    for (FileResult file : files) {
      file.problems()
          .unexpected(bulk.acceptedErrors())
          .forEach((key, n) -> unexpected.merge(key, n, Long::sum));
    }
    long severe = unexpected.values().stream().mapToLong(n -> n).sum();
    return severe == 0 || bulk.allowErrors()
        ? Optional.empty()
        : Optional.of(
            "the server reports "
                + severe
                + " errors in the export "
                + told(unexpected)
                + "; see them in quarantine (reason server-error). To land the export anyway, add"
                + " them to bulk.accepted-errors, or set bulk.allow-errors to accept any error");
  }

  private static String told(Map<String, Long> counts) {
    List<String> first =
        counts.entrySet().stream().limit(TOLD).map(e -> e.getKey() + " = " + e.getValue()).toList();
    return "{"
        + String.join("; ", first)
        + (counts.size() > TOLD ? "; and " + (counts.size() - TOLD) + " more kinds" : "")
        + "}";
  }

  private static String types(List<FileResult> files) {
    return files.stream()
        .filter(f -> f.notRead() > 0)
        .map(f -> f.type() == null ? f.kind().name().toLowerCase(Locale.ROOT) : f.type())
        .distinct()
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static Map<String, Long> reasons(List<FileResult> files) {
    Map<String, Long> all = new TreeMap<>();
    for (FileResult file : files) {
      file.reasons().forEach((reason, n) -> all.merge(reason, n, Long::sum));
      file.unread().forEach((reason, n) -> all.merge(reason, n, Long::sum));
    }
    return all;
  }
}
