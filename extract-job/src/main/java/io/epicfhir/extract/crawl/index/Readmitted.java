package io.epicfhir.extract.crawl.index;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/**
 * When patients were last taken off the opt-out list: {@code state/crawl/readmitted.txt}. No index
 * tells what the tables lost with them, as a list that names others, too; so the next crawl of each
 * cohort brings everything.
 */
public final class Readmitted {
  private Readmitted() {}

  /** They are taken off it. */
  public static void note(Lake lake, Instant when) {
    lake.write(file(lake), when.toString());
  }

  /**
   * Whether none of a cohort's landings has brought everything since.
   *
   * @param landings of the cohort
   */
  public static boolean isPending(Lake lake, Stream<Landing> landings) {
    Optional<Instant> at = lake.read(file(lake)).map(text -> Instant.parse(text.strip()));
    return at.isPresent()
        && landings
            .filter(landing -> landing.since() == null)
            .noneMatch(landing -> landing.transactionTime().isAfter(at.get()));
  }

  private static Path file(Lake lake) {
    return lake.paths().state("crawl/readmitted.txt");
  }
}
