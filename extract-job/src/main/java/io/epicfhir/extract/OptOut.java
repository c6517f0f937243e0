package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.optout.ApprovedPatients;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.bulk.ledger.Readmission;
import io.epicfhir.extract.crawl.index.IndexErasure;
import io.epicfhir.extract.crawl.index.Readmitted;
import java.time.Instant;

/**
 * Whose records stay out, at extract's side. {@code --mode forget} takes them from the indexes that
 * say what was seen; {@code plan-readmit} counts, and {@code readmit} takes patients off the list,
 * and has the next export of each group ask for everything. Plain Java, no Spark.
 */
public final class OptOut implements Job {
  /** See {@link io.epicfhir.common.job.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new OptOut(), args));
  }

  @Override
  public String phase() {
    return "opt-out";
  }

  @Override
  public void run(JobContext context) {
    switch (context.arguments().mode()) {
      case "forget" -> forget(context);
      case "plan-readmit" -> plan(context);
      case "readmit" -> readmit(context);
      default ->
          throw new JobException(
              ExitCode.SETTINGS,
              "Cannot change the opt-outs: --mode is \""
                  + context.arguments().mode()
                  + "\"; use forget, plan-readmit or readmit");
    }
  }

  private static void forget(JobContext context) {
    OptOuts optOuts = new OptOutList(context.lake()).load();
    long entries = new IndexErasure(context.lake(), optOuts).run();
    context.recorder().result("index_entries", entries);
    context.recorder().note("Entries removed from the crawl indexes: " + entries + ".");
  }

  private static void plan(JobContext context) {
    NamedPatients named = NamedPatients.asked(context.arguments(), "readmit");
    OptOuts optOuts = new OptOutList(context.lake()).load();
    long found = named.names().stream().filter(optOuts::listed).count();
    context.recorder().result("list", new ApprovedPatients(context.lake()).digest(named));
    context.recorder().result("listed", found);
    context.recorder().result("unknown", named.size() - found);
    requireAny(found);
    context
        .recorder()
        .note(
            "Of the %d ids and identifiers in the file, %d are on the opt-out list."
                .formatted(named.size(), found));
  }

  private static void requireAny(long found) {
    if (found == 0) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "No match: none of the listed patients is on the opt-out list. If they were"
              + " readmitted earlier, there is nothing to do");
    }
  }

  private static void readmit(JobContext context) {
    NamedPatients named = NamedPatients.asked(context.arguments(), "readmit");
    new ApprovedPatients(context.lake()).require(context.arguments(), named, "readmit");
    // First the exports that bring them back: a try that breaks off between is tried again.
    Readmission.askForEverything(context.lake(), context.run().key(), named.size());
    Readmitted.note(context.lake(), Instant.now());
    int found = new OptOutList(context.lake()).remove(named.names());
    Readmitted.note(context.lake(), Instant.now()); // a crawl that began between asked without them
    context.recorder().result("readmitted", found);
    context.recorder().result("unknown", named.size() - found);
    requireAny(found);
    context
        .recorder()
        .note(
            "Readmitted %d of %d listed ids and identifiers. The next export of each group is a full export, and the next crawl of each cohort ingests everything again."
                .formatted(found, named.size()));
  }
}
