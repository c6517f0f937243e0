package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.DurationText;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.extract.bulk.ledger.GroupLedger;
import io.epicfhir.extract.source.answer.ServerRefusal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/** A server that exports a group once in so many hours: whether it was asked for it just now. */
final class KickOffWindow {
  private static final Pattern TOO_SOON =
      Pattern.compile("(?i)recent|too soon|already|in progress");

  private final Lake lake;
  private final Duration length;
  private final Clock clock;

  /**
   * @param length as {@code bulk.window}
   */
  KickOffWindow(Lake lake, Duration length, Clock clock) {
    this.lake = lake;
    this.length = length;
    this.clock = clock;
  }

  /**
   * Whether a server says by another status than 429 that it exports the group at its own pace:
   * only where the group was asked for within the window can its words mean that.
   */
  static boolean isTooSoon(JobException refusal, boolean askedBefore) {
    return askedBefore
        && ServerRefusal.of(refusal)
            .filter(r -> r.status() >= 400 && r.status() < 500 && r.status() != 401)
            .filter(r -> r.says(TOO_SOON))
            .isPresent();
  }

  /** The same failure with what to do. */
  JobException later(JobException refusal) {
    return new JobException(
        ExitCode.UNAVAILABLE,
        refusal.getMessage()
            + ". According to its response, the server has already exported this group, or is exporting"
            + " it now. Rerun from the kick-off "
            + DurationText.of(length)
            + " after the last kick-off (bulk.window)",
        refusal.getCause());
  }

  /** The group's newest kick-off, where it was within the window. */
  Optional<GroupLedger.Newest> askedLately(String group) {
    Instant from = clock.instant().minus(length);
    return new GroupLedger(lake).newest(group).filter(newest -> newest.askedAt().isAfter(from));
  }

  /** The group's newest export, where it landed and was asked for within the server's window. */
  Optional<Landing> landedLately(String group) {
    return askedLately(group).flatMap(newest -> new Landings(lake).find(newest.exportId()));
  }
}
