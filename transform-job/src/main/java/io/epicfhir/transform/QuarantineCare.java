package io.epicfhir.transform;

import io.epicfhir.common.lake.Lake;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;

/** Removes quarantined lines of exports whose extraction date is older than their retention. */
final class QuarantineCare {
  private static final String PARTITION = "extraction_date=";

  private final Lake lake;
  private final LocalDate today;

  /**
   * @param today by UTC, as extraction dates are
   */
  QuarantineCare(Lake lake, LocalDate today) {
    this.lake = lake;
    this.today = today;
  }

  /**
   * Does it.
   *
   * @param retention zero: lines stay for ever
   * @return how many days' folders went
   */
  long run(Duration retention) {
    if (retention.isZero()) {
      return 0;
    }
    LocalDate oldest = today.minusDays(retention.toDays());
    long folders = 0;
    for (FileStatus folder : lake.list(lake.paths().at("quarantine"))) {
      boolean over =
          date(folder.getPath().getName()).filter(date -> date.isBefore(oldest)).isPresent();
      if (over) {
        lake.delete(folder.getPath());
        folders++;
      }
    }
    return folders;
  }

  private static Optional<LocalDate> date(String folder) {
    try {
      return folder.startsWith(PARTITION)
          ? Optional.of(LocalDate.parse(folder.substring(PARTITION.length())))
          : Optional.empty();
    } catch (DateTimeParseException e) {
      return Optional.empty(); // nobody's partition
    }
  }
}
