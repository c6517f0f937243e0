package io.epicfhir.extract.bulk.export;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.extract.bulk.judgement.Judgement;
import io.epicfhir.extract.bulk.ledger.ExportId;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.ExportRequest;
import io.epicfhir.extract.bulk.ledger.GroupLedger;
import io.epicfhir.extract.bulk.ledger.GroupPatients;
import io.epicfhir.extract.bulk.ledger.RunExports;
import io.epicfhir.extract.bulk.ledger.Since;
import io.epicfhir.extract.bulk.settings.BulkCoverage;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.source.PastWindow;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.pace.Pace;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Gets a group's export going, once: a rerun adopts what this run asked for before, and a run
 * adopts what another one asked for in the same words and never fetched. A server that exports a
 * group once in so many hours is thus never asked in vain. A run whose interval ended before what
 * the lake knows of the group asks for nothing: days that were missed, or that a backfill goes
 * through in any order, cost the server one export.
 */
public final class GroupKickOff {
  private static final int TOO_MANY = 429;

  private final JobContext context;
  private final BulkSettings settings;
  private final BulkExport bulk;
  private final Pace pace;
  private final KickOffWindow window;
  private final DurableKickOff kickOff;
  private final Set<String> noted = new HashSet<>();

  /**
   * How it went.
   *
   * @param state kicked-off, adopted, or landed
   */
  public record Result(String group, String exportId, String state) {}

  /** By this client. */
  public GroupKickOff(JobContext context, BulkSettings settings, BulkExport bulk, Pace pace) {
    this.context = context;
    this.settings = settings;
    this.bulk = bulk;
    this.pace = pace;
    this.window = new KickOffWindow(context.lake(), settings.window(), pace.clock());
    this.kickOff = new DurableKickOff(context, settings, bulk, pace);
  }

  /** Kicks off or adopts. */
  @SuppressWarnings("try") // the lock is held, not used
  public Result run(String group) {
    RunExports exports = new RunExports(context.lake(), context.run());
    try (RunLock lock =
        RunLock.acquire(context.lake(), "group-" + ExportId.of(group), settings.lockPatience())) {
      Result result = decide(group, exports.of(group));
      exports.decide(group, result.exportId());
      return result;
    }
  }

  private Result decide(String group, Optional<String> decided) {
    String own = decided.orElseGet(() -> ExportId.of(context.run(), group));
    if (new Landings(context.lake()).find(own).isPresent()) {
      context.recorder().note("This run's export had already landed; the run continues with it.");
      return new Result(group, own, "landed");
    }
    ExportLedger ledger = new ExportLedger(context.lake(), own);
    Optional<ExportLedger.Refused> refused = ledger.refusal();
    if (refused.isPresent() && Judgement.acceptsNow(context.lake(), ledger, settings)) {
      context
          .recorder()
          .note(
              "This run's export was refused earlier, but the settings now accept it; the run continues with it.");
      return new Result(group, own, "adopted");
    }
    if (ledger.started().isPresent() && refused.isEmpty()) {
      context
          .recorder()
          .note("This run's export had already been kicked off; the run continues with it.");
      return new Result(group, own, "adopted");
    }
    refused.ifPresent(why -> noteRefused(own, why));
    Since since = new Since(context.lake(), group, settings, pace.clock().instant());
    PastWindow window = new PastWindow(context, pace.clock().instant());
    Optional<Landing> covering = window.end().flatMap(since::covering);
    if (covering.isPresent()) {
      window.covered(group, covering.get());
      return new Result(group, covering.get().exportId(), "landed");
    }
    ExportLedger.Members members = members(group);
    ExportPlan plan = new ExportPlan(context, settings, pace.clock().instant());
    Optional<GroupPatients.Joined> joined = new GroupPatients(context.lake(), group).joined();
    boolean readmitted = joined.map(GroupPatients.Joined::readmitted).orElse(false);
    ExportRequest asked = plan.asked(group, since, newcomers(joined, members), readmitted);
    window.asking(group, asked.since());
    // One of what changed that is on its way comes first: everything can wait for the next.
    return unfinished(asked)
        .or(() -> plan.changes(group, since).flatMap(this::unfinished))
        .orElseGet(() -> ask(asked, members, ExportId.of(context.run(), group)));
  }

  private void noteRefused(String exportId, ExportLedger.Refused refused) {
    if (!noted.add(exportId)) {
      return;
    }
    context
        .recorder()
        .note(
            "Export "
                + exportId
                + " was refused at "
                + refused.at()
                + ", so a new one is requested. To land the refused one instead, change the settings that"
                + " its message names, then clear the task extract of its run.");
  }

  private ExportLedger.Members members(String group) {
    if (settings.coverage().newcomers() == BulkCoverage.Newcomers.OFF) {
      return new ExportLedger.Members(null, 0);
    }
    List<String> members =
        new GroupMembers(bulk, new OptOutList(context.lake()).load()).read(group).orElse(null);
    int newcomers =
        members == null ? 0 : new GroupPatients(context.lake(), group).newcomers(members);
    return new ExportLedger.Members(members, newcomers);
  }

  /** Those that are members now, and those that the last exports had and whose past is missing. */
  private static int newcomers(
      Optional<GroupPatients.Joined> joined, ExportLedger.Members members) {
    return Math.max(joined.map(GroupPatients.Joined::patients).orElse(0), members.newcomers());
  }

  /** Another run's export in the same words that has neither landed nor been given up. */
  private Optional<Result> unfinished(ExportRequest asked) {
    Optional<GroupLedger.Newest> newest = new GroupLedger(context.lake()).newest(asked.group());
    if (newest.isEmpty()) {
      return Optional.empty();
    }
    String id = newest.get().exportId();
    Optional<ExportLedger.Started> started = new ExportLedger(context.lake(), id).started();
    Optional<ExportLedger.Refused> refused = new ExportLedger(context.lake(), id).refusal();
    refused.ifPresent(why -> noteRefused(id, why));
    boolean fits =
        started.isPresent()
            && refused.isEmpty()
            && asked.isServedBy(started.get().asked())
            && pace.clock().instant().isBefore(started.get().startedAt().plus(settings.deadline()))
            && new Landings(context.lake()).find(id).isEmpty();
    if (!fits) {
      return Optional.empty();
    }
    context
        .recorder()
        .note(
            "Group \""
                + asked.group()
                + "\": run "
                + started.get().runKey()
                + " requested the same export at "
                + started.get().startedAt()
                + " and has not landed it. This run continues with that export.");
    return Optional.of(new Result(asked.group(), id, "adopted"));
  }

  private Result ask(ExportRequest asked, ExportLedger.Members members, String exportId) {
    ExportLedger ledger = new ExportLedger(context.lake(), exportId);
    boolean askedBefore =
        window.askedLately(asked.group()).isPresent() || ledger.intent().isPresent();
    try {
      kickOff.start(asked, exportId);
      ledger.forgetRenewals();
      ledger.members(members);
      return new Result(asked.group(), exportId, "kicked-off");
    } catch (JobException e) {
      boolean tooSoon = KickOffWindow.isTooSoon(e, askedBefore);
      // Its own answer; a server that is down says nothing of the group's export.
      boolean busy =
          e.exitCode() == ExitCode.UNAVAILABLE
              && e.getCause() instanceof PassingFailure passing
              && passing.status() == TOO_MANY;
      Optional<Landing> landed =
          tooSoon || busy ? window.landedLately(asked.group()) : Optional.empty();
      if (landed.isEmpty()) {
        throw tooSoon ? window.later(e) : e;
      }
      context
          .recorder()
          .note(
              "The server does not start a new export of group \""
                  + asked.group()
                  + "\" yet ("
                  + e.getMessage()
                  + "). This run uses what landed at "
                  + landed.get().landedAt()
                  + ". Newer data comes only after bulk.window has passed.");
      return new Result(asked.group(), landed.get().exportId(), "landed");
    }
  }
}
