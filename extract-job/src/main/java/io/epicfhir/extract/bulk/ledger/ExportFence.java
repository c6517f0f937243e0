package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import java.time.Instant;
import java.util.UUID;
import org.apache.hadoop.fs.Path;

/**
 * Shows a process that was thought dead that another one works on its export now: the newest to
 * come has the highest number, and a job with a lower one must not show anything any more.
 */
public final class ExportFence {
  private final Lake lake;
  private final Path file;
  private final Token mine;

  /**
   * Who works on the export.
   *
   * @param number one more than the one before
   * @param holder one process
   */
  record Token(long number, String holder, Instant since) implements StateFile {}

  private ExportFence(Lake lake, Path file, Token mine) {
    this.lake = lake;
    this.file = file;
    this.mine = mine;
  }

  /** Takes the export over from the job that had it. The export's lock must be held. */
  public static ExportFence claim(Lake lake, String exportId) {
    Path file = lake.paths().state("exports/" + exportId + "/fence.json");
    long number = lake.read(file).map(text -> read(text, file).number() + 1).orElse(1L);
    Token mine = new Token(number, UUID.randomUUID().toString(), Instant.now());
    lake.write(file, Json.write(mine));
    return new ExportFence(lake, file, mine);
  }

  /**
   * Returns where this process still is the one.
   *
   * @throws JobException {@link ExitCode#STORAGE} where another has taken over
   */
  public void check() {
    Token now = lake.read(file).map(text -> read(text, file)).orElse(null);
    if (now == null || !now.holder().equals(mine.holder())) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot continue with this export: a later try has taken it over, so this try ends; see the"
              + " later try");
    }
  }

  private static Token read(String text, Path file) {
    return Json.read(text, Token.class, file.toString());
  }
}
