package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.DurationText;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.extract.bulk.ledger.ExportRequest;
import io.epicfhir.extract.bulk.ledger.GroupPatients;
import io.epicfhir.extract.bulk.ledger.Since;
import io.epicfhir.extract.bulk.settings.BulkCoverage;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a group's next export asks for: what changed, the newest days, or everything. Everything is
 * asked for where the lake does not know the group, where the last full export is older than {@code
 * bulk.full-every}, where patients joined the group, and where nobody can tell who did.
 */
final class ExportPlan {
  private final JobContext context;
  private final BulkSettings settings;
  private final Instant now;

  ExportPlan(JobContext context, BulkSettings settings, Instant now) {
    this.context = context;
    this.settings = settings;
    this.now = now;
  }

  /**
   * The request.
   *
   * @param newcomers how many patients joined the group
   * @param readmitted whether patients of the opt-out list came back
   */
  ExportRequest asked(String group, Since since, int newcomers, boolean readmitted) {
    Optional<Instant> known = since.from();
    if (known.isEmpty()
        || isSweepDue(group, since)
        || wantsAll(group, readmitted)
        || wantsHistory(group, newcomers)
        || wantsList(group)) {
      return everything(group);
    }
    return changes(group, known.get());
  }

  /** The request where there is no reason to ask for everything; empty where nothing is known. */
  Optional<ExportRequest> changes(String group, Since since) {
    return since.from().map(known -> changes(group, known));
  }

  private ExportRequest changes(String group, Instant known) {
    if (settings.mode() == BulkSettings.Mode.INCREMENTAL) {
      return new ExportRequest(
          group, known, settings.types(), settings.typeFilters(), List.of(), null);
    }
    Instant from = day(narrowest());
    if (settings.coverage().windows().isEmpty() || known.isBefore(from)) {
      return everything(group);
    }
    return new ExportRequest(
        group, null, settings.types(), settings.typeFilters(), windows(), from);
  }

  private ExportRequest everything(String group) {
    return new ExportRequest(
        group, null, settings.types(), settings.typeFilters(), List.of(), null);
  }

  private boolean isSweepDue(String group, Since since) {
    Duration every = settings.coverage().fullEvery();
    boolean always =
        settings.mode() == BulkSettings.Mode.FULL && settings.coverage().windows().isEmpty();
    if (always || every.isZero()) {
      return false;
    }
    Optional<Instant> last = since.lastFull();
    if (last.isPresent() && now.isBefore(last.get().plus(every))) {
      return false;
    }
    note(
        group,
        last.map(at -> "the last full export is more than " + DurationText.of(every) + " old")
                .orElse("there is no full export in the lake")
            + " (bulk.full-every). This export is a full one: it also finds deletions, and changes"
            + " that _since misses");
    return true;
  }

  private boolean wantsAll(String group, boolean readmitted) {
    if (readmitted) {
      note(
          group,
          "patients were readmitted. This export is a full one, so that it brings their records back");
    }
    return readmitted;
  }

  private boolean wantsHistory(String group, int newcomers) {
    if (newcomers == 0 || settings.coverage().newcomers() != BulkCoverage.Newcomers.FULL) {
      return false;
    }
    note(
        group,
        newcomers
            + " patients joined the group. This export is a full one, so that it includes their"
            + " earlier records");
    return true;
  }

  private boolean wantsList(String group) {
    boolean wanted =
        settings.coverage().newcomers() == BulkCoverage.Newcomers.FULL
            && new GroupPatients(context.lake(), group).isForgotten();
    if (wanted) {
      note(
          group,
          "its patients were not listed while bulk.newcomers was off. This export is a full one, so"
              + " that it lists them, and includes the earlier records of those who joined since");
    }
    return wanted;
  }

  private void note(String group, String sentence) {
    context.recorder().note("Group \"" + group + "\": " + sentence + ".");
  }

  private List<String> windows() {
    List<String> searches = new ArrayList<>();
    for (BulkCoverage.DateWindow window : settings.coverage().windows().values()) {
      for (String query : window.queries()) {
        searches.add(
            query.replace("{from}", date(day(window.days()))).replace("{until}", date(day(-1))));
      }
    }
    return searches;
  }

  /** The window that ends soonest decides whether there is a gap. */
  private int narrowest() {
    return settings.coverage().windows().values().stream()
        .mapToInt(BulkCoverage.DateWindow::days)
        .min()
        .orElse(0);
  }

  private Instant day(int ago) {
    return now.truncatedTo(ChronoUnit.DAYS).minus(ago, ChronoUnit.DAYS);
  }

  private static String date(Instant day) {
    return day.atZone(ZoneOffset.UTC).toLocalDate().toString();
  }
}
