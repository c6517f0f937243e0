package io.epicfhir.extract;

import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.extract.bulk.CatchUp;
import io.epicfhir.extract.bulk.export.BulkExport;
import io.epicfhir.extract.bulk.export.GroupKickOff;
import io.epicfhir.extract.bulk.export.KeptExports;
import io.epicfhir.extract.bulk.ledger.ExportId;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.GivenUp;
import io.epicfhir.extract.crawl.Crawl;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.Capability;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Traffic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Asks the server for the export of each group, or begins a crawl; plain Java, no Spark. A rerun of
 * the same run adopts what it began before; the exports that its arguments name stay as they are.
 */
public final class KickOff implements Job {
  private final Pace pace;

  /** Runs by this machine's clock. */
  public KickOff() {
    this(Pace.real());
  }

  KickOff(Pace pace) {
    this.pace = pace;
  }

  /** See {@link io.epicfhir.common.job.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new KickOff(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  @Override
  public void run(JobContext context) {
    ExtractSettings settings = ExtractSettings.from(context.settings());
    Traffic traffic = new Traffic();
    try {
      SourceClient client = new SourceClient(settings.source(), pace);
      client.authenticate(traffic, settings.types()).ifPresent(context.recorder()::note);
      context
          .recorder()
          .result("server", Capability.check(client, settings.source(), traffic).server());
      if (settings.by() == ExtractSettings.By.CRAWL) {
        crawl(
            context,
            new Crawl(context, settings.crawl(), settings.source(), client, traffic),
            settings);
      } else {
        KeptExports.decide(context);
        BulkExport bulk = new BulkExport(settings.source(), client, traffic);
        groups(context, settings, new GroupKickOff(context, settings.bulk(), bulk, pace));
      }
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }

  /** Exports that the arguments name are those of groups, which a crawl does not have. */
  private static void crawl(JobContext context, Crawl crawl, ExtractSettings settings) {
    Crawl.Result begun = crawl.begin(ExportId.of(context.run(), Crawl.group(settings.crawl())));
    context.recorder().result("export_id", begun.exportId());
    context.recorder().result("state", begun.state());
  }

  /** What is settled is kept for the tasks after this one. */
  private static GroupKickOff.Result started(
      JobContext context, String group, Supplier<GroupKickOff.Result> start) {
    try {
      return start.get();
    } catch (JobException e) {
      if (GroupFailures.isSettled(e, context.arguments())) {
        String export = Exports.ofGroup(context, group);
        EarlierExport.requireNone(new ExportLedger(context.lake(), export), group, e);
        new GivenUp(context.lake(), export).note(Instant.now(), e.getMessage());
      }
      throw e;
    }
  }

  /** One group's refusal keeps no other from being asked for; the run is red all the same. */
  private static void groups(
      JobContext context, ExtractSettings settings, GroupKickOff groupKickOff) {
    List<GroupKickOff.Result> results = new ArrayList<>();
    GroupFailures failures = new GroupFailures(context.recorder());
    CatchUp catchUp = new CatchUp(context, settings.bulk(), settings.source());
    boolean several = settings.bulk().groups().size() > 1;
    for (String group : settings.bulk().groups()) {
      failures.guard(
          () -> Optional.of(group).filter(name -> several),
          () ->
              results.add(
                  started(
                      context,
                      group,
                      () -> {
                        catchUp.run(group);
                        return groupKickOff.run(group);
                      })));
    }
    if (results.isEmpty()) {
      failures.raise(context.arguments());
    }
    // By now the run's exports are decided; another try of it may have decided them before.
    ExportsReport.kickedOff(context.recorder(), Exports.ofGroups(context, settings), results);
    failures.raiseWhatMayPass(context.arguments());
  }
}
