package io.epicfhir.extract.crawl.landing;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.common.report.RunReport;
import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.pages.OutcomePolicy;
import io.epicfhir.extract.crawl.search.Units;
import io.epicfhir.extract.crawl.settings.SearchPlan;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** What the run report says about a crawl. */
public final class CrawlReport {
  /** What later tries tell again of a crawl that landed. */
  private static final Set<String> KEPT =
      Set.of(
          "unresolved",
          "forbidden",
          "unreadable",
          "outside",
          "not_read_again",
          "unchanged",
          "duplicates",
          "unconfirmed",
          "unread",
          "kept",
          "opted_out",
          "warnings",
          "quarantine",
          "quarantine_reasons");

  private final RunRecorder recorder;

  public CrawlReport(RunRecorder recorder) {
    this.recorder = recorder;
  }

  /** How the asking went, also where it broke off. */
  public void crawled(Units units, SearchPlan plan, CrawlFigures figures, int finished, long ms) {
    MetricRegistry registry = recorder.registry();
    registry.timer("extract.crawl").update(ms, TimeUnit.MILLISECONDS);
    registry.counter("crawl.searches").inc(units.total());
    registry.counter("crawl.searches-done").inc(units.doneCount());
    registry.counter("crawl.pages").inc(figures.pages.sum());
    registry.counter("crawl.restarts").inc(figures.restarts.sum());
    int patients = units.total() / plan.size();
    recorder.patients(patients, finished == 0 ? 0 : (double) ms / finished);
    recorder.result("outcomes", figures.outcomes());
    recorder.result("unresolved", figures.unresolved());
    recorder.result("forbidden", figures.reads(CrawlFigures.Reading.FORBIDDEN));
    recorder.result("unreadable", figures.unreadable());
    recorder.result("outside", figures.reads(CrawlFigures.Reading.OUTSIDE));
    recorder.result("not_read_again", figures.readLately());
    references(figures, "crawl");
  }

  /**
   * How the reads by reference went.
   *
   * @param block of the settings that names their types: crawl or bulk
   */
  public void references(CrawlFigures figures, String block) {
    MetricRegistry registry = recorder.registry();
    registry.counter("references.read").inc(figures.hydrated.sum());
    Map<String, Long> unresolved = figures.unresolved();
    Map<String, Long> forbidden = figures.reads(CrawlFigures.Reading.FORBIDDEN);
    registry.counter("references.unresolved").inc(sum(unresolved) + sum(forbidden));
    registry.counter("attachments.too-long").inc(figures.attachmentsTooLong.sum());
    registry.counter("attachments.raw").inc(figures.rawAttachments.sum());
    registry.counter("attachments.left").inc(figures.leftForTomorrow().size());
    if (!unresolved.isEmpty()) {
      recorder.note(
          "Other resources refer to these, but the server does not have them: " + unresolved + ".");
    }
    Map<String, Long> outside = figures.reads(CrawlFigures.Reading.OUTSIDE);
    if (!outside.isEmpty()) {
      recorder.note(
          "Dropped, because they belong to patients outside the cohort (found by reference): "
              + outside
              + ".");
    }
    if (!figures.readLately().isEmpty()) {
      recorder.note(
          "Not read again, because an earlier crawl read them within crawl.reference-max-age: "
              + figures.readLately()
              + ".");
    }
    Map<String, Long> unreadable = figures.unreadable();
    forbidden.forEach(
        (type, number) -> forbidden(type, number, unreadable.containsKey(type), block));
    if (!figures.leftForTomorrow().isEmpty()) {
      recorder.note(
          figures.leftForTomorrow().size()
              + " documents are left for the next run: "
              + (figures.hasServerEndedDay()
                  ? "the server's own limit of documents a day was reached (its error "
                      + PageFetch.DAILY_LIMIT
                      + ")."
                  : "crawl.attachments.daily-limit was reached."));
    }
  }

  /** Single records may be restricted; where all of a type are, the right to read it is missing. */
  private void forbidden(String type, long number, boolean all, String block) {
    recorder.note(
        all
            ? "The server refused all "
                + number
                + " reads of "
                + type
                + " (403): add it to the client's permissions and to source.scopes, or remove it from "
                + block
                + ".hydrate."
            : "The server refused " + number + " reads of " + type + " (403).");
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(n -> n).sum();
  }

  /** The patients who were merged into others. */
  public void merged(Units units, Merges merges) {
    long settled = units.problems().keySet().stream().filter(units::settled).count();
    if (settled > 0) {
      recorder.note(
          settled
              + " searches for merged patients were refused; the searches for the surviving patients"
              + " return their records.");
    }
  }

  /** The accepted refusals are missing data that a person decided to do without. */
  public void accepted(Units units, OutcomePolicy rules) {
    Map<String, Long> codes = new TreeMap<>();
    for (Map.Entry<Integer, Set<String>> unit : units.problems().entrySet()) {
      Set<String> problem = unit.getValue();
      if (!units.settled(unit.getKey()) && rules.accepted(problem)) {
        problem.forEach(code -> codes.merge(code, 1L, Long::sum));
      }
    }
    if (!codes.isEmpty()) {
      recorder.note("Refused searches that crawl.accepted-errors accepts: " + codes + ".");
    }
  }

  public void counted(Collection<TypeCounts> types, long bundles) {
    Map<String, Long> unchanged = new TreeMap<>();
    Map<String, Long> duplicates = new TreeMap<>();
    Map<String, Long> reasons = new TreeMap<>();
    Map<String, Long> unconfirmed = new TreeMap<>();
    Map<String, Long> kept = new TreeMap<>();
    Map<String, Long> optedOut = new TreeMap<>();
    for (TypeCounts counts : types) {
      recorder.resources(
          counts.type,
          new RunReport.Resources(
              counts.received, counts.written, counts.rejected, counts.deleted, counts.ms));
      unchanged.merge(counts.type, counts.unchanged, Long::sum);
      duplicates.merge(counts.type, counts.duplicates, Long::sum);
      if (counts.optedOut > 0) {
        optedOut.merge(counts.type, counts.optedOut, Long::sum);
      }
      if (counts.kept > 0) {
        kept.merge(counts.type, counts.kept, Long::sum);
      }
      if (counts.unconfirmed > 0) {
        unconfirmed.merge(counts.type, counts.unconfirmed, Long::sum);
      }
      counts.reasons.forEach((reason, n) -> reasons.merge(reason, n, Long::sum));
      recorder.registry().counter("lines.unreadable-last-updated").inc(counts.oddLastUpdated);
    }
    if (bundles > 0) {
      recorder.resources("Bundle", new RunReport.Resources(bundles, bundles, 0L, null, null));
    }
    recorder.result("unchanged", unchanged);
    recorder.result("duplicates", duplicates);
    recorder.result("unconfirmed", unconfirmed);
    recorder.result("kept", kept);
    recorder.result("opted_out", optedOut);
    recorder.result("quarantine_reasons", reasons);
    if (!kept.isEmpty()) {
      recorder.note(
          "No search finds these any more, but reading them by id still works, so they stay: "
              + kept
              + ".");
    }
    if (!unconfirmed.isEmpty()) {
      recorder.note(
          "No search finds these any more, but reading them by id did not confirm that they are"
              + " gone, so they stay: "
              + unconfirmed
              + ".");
    }
  }

  /** What a person should look at although nothing failed. */
  public void warnings(List<String> warnings) {
    recorder.result("warnings", warnings);
    warnings.forEach(recorder::note);
  }

  /** Resources of patients outside the cohort: those that were read, and those of searches. */
  public void outside(CrawlFigures figures, Collection<TypeCounts> types) {
    Map<String, Long> outside = figures.reads(CrawlFigures.Reading.OUTSIDE);
    CohortDoubts.outside(types).forEach((type, number) -> outside.merge(type, number, Long::sum));
    recorder.result("outside", outside);
  }

  /** What this told, to be kept with the landing. */
  public Landing.Report kept() {
    return new Landing.Report(recorder.resources(), recorder.results(KEPT));
  }

  /** An earlier try had decided that the crawl lands: what it told is told by this one. */
  public void resumed(Landing landing) {
    if (landing.report() != null) {
      landing.report().resources().forEach(recorder::resources);
      landing.report().result().forEach(recorder::result);
    }
    recorder.note("An earlier try had crawled everything; this try only completed the landing.");
  }

  /** What earlier crawls found by searches that the settings do not have any more. */
  public void unread(Map<String, Long> left) {
    recorder.result("unread", left);
    if (!left.isEmpty()) {
      recorder.note(
          "These resources of earlier crawls stay as they were, because crawl.searches no longer asks for"
              + " them, and this crawl did not read them by id either: "
              + left
              + ". Each crawl reads up to crawl.max-confirmations of them, if it still searches their type.");
    }
  }

  public void quarantined(List<String> folders, long rows) {
    for (String folder : folders) {
      recorder.output("quarantine", folder, rows, null);
      recorder.result("quarantine", folder);
    }
  }
}
