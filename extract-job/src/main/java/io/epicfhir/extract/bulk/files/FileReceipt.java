package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.StateFile;
import io.epicfhir.extract.bronze.LateOptOuts;
import io.epicfhir.extract.bronze.QuarantineCut;
import io.epicfhir.extract.bronze.StagedFile;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * One file of the export that is taken in for good.
 *
 * @param result its counts
 * @param bronze the Parquet files of its resources
 * @param quarantine the Parquet files of its lines that could not be taken in
 * @param transactionTime of the manifest that listed it; null in a receipt of an older version,
 *     whose file is taken in anew
 */
public record FileReceipt(
    FileResult result,
    List<StagedFile> bronze,
    List<StagedFile> quarantine,
    Instant transactionTime)
    implements StateFile {

  /**
   * The same where some rows turned out to stay out.
   *
   * @param settled what became of each file, by its path
   */
  FileReceipt without(Map<String, LateOptOuts.Left> settled) {
    List<StagedFile> left =
        bronze.stream().flatMap(file -> settled.get(file.path()).file().stream()).toList();
    Set<String> keptOut = new TreeSet<>();
    bronze.forEach(file -> keptOut.addAll(settled.get(file.path()).keptOut()));
    long gone = rows(bronze) - rows(left);
    return left.equals(bronze)
        ? this
        : new FileReceipt(
            gone == 0 ? result : result.without(gone, keptOut), left, quarantine, transactionTime);
  }

  /** The same where some lines in quarantine turned out to stay out. */
  FileReceipt without(QuarantineCut.Left left) {
    return left.files().equals(quarantine)
        ? this
        : new FileReceipt(
            result.withoutRejected(left.gone()), bronze, left.files(), transactionTime);
  }

  private static long rows(List<StagedFile> files) {
    return files.stream().mapToLong(StagedFile::rows).sum();
  }
}
