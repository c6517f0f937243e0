package io.epicfhir.extract.crawl;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.RunRecorder;
import io.epicfhir.common.RunReport;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** What the run report says about a crawl. */
final class CrawlReport {
  private final RunRecorder recorder;

  CrawlReport(RunRecorder recorder) {
    this.recorder = recorder;
  }

  /** How the asking went, also where it broke off. */
  void crawled(Units units, SearchPlan plan, CrawlFigures figures, int finished, long ms) {
    MetricRegistry registry = recorder.registry();
    registry.timer("extract.crawl").update(ms, TimeUnit.MILLISECONDS);
    registry.counter("crawl.searches").inc(units.total());
    registry.counter("crawl.searches-done").inc(units.doneCount());
    registry.counter("crawl.pages").inc(figures.pages.sum());
    registry.counter("crawl.restarts").inc(figures.restarts.sum());
    registry.counter("references.read").inc(figures.hydrated.sum());
    registry.counter("references.unresolved").inc(figures.unresolved.sum());
    registry.counter("attachments.too-long").inc(figures.attachmentsLeft.sum());
    int patients = units.total() / plan.size();
    recorder.patients(patients, finished == 0 ? 0 : (double) ms / finished);
    recorder.result("outcomes", figures.outcomes());
    if (figures.unresolved.sum() > 0) {
      recorder.note(
          figures.unresolved.sum()
              + " resources that others refer to are not there, or the application may not see"
              + " them.");
    }
  }

  /** The accepted refusals are missing data that a person decided to do without. */
  void accepted(Units units, Problems rules) {
    Map<String, Long> codes = new TreeMap<>();
    for (Set<String> problem : units.problems().values()) {
      if (rules.accepted(problem)) {
        problem.forEach(code -> codes.merge(code, 1L, Long::sum));
      }
    }
    if (!codes.isEmpty()) {
      recorder.note(
          "Searches that were refused, which crawl.accepted-errors accepts: " + codes + ".");
    }
  }

  void counted(Collection<TypeCounts> types, long bundles) {
    Map<String, Long> unchanged = new TreeMap<>();
    Map<String, Long> duplicates = new TreeMap<>();
    Map<String, Long> reasons = new TreeMap<>();
    for (TypeCounts counts : types) {
      recorder.resources(
          counts.type,
          new RunReport.Resources(
              counts.received, counts.written, counts.rejected, counts.deleted, counts.ms));
      unchanged.merge(counts.type, counts.unchanged, Long::sum);
      duplicates.merge(counts.type, counts.duplicates, Long::sum);
      counts.reasons.forEach((reason, n) -> reasons.merge(reason, n, Long::sum));
      recorder.registry().counter("lines.unreadable-last-updated").inc(counts.oddLastUpdated);
    }
    if (bundles > 0) {
      recorder.resources("Bundle", new RunReport.Resources(bundles, bundles, 0L, null, null));
    }
    recorder.result("unchanged", unchanged);
    recorder.result("duplicates", duplicates);
    if (!reasons.isEmpty()) {
      recorder.note("Resources in quarantine by reason: " + reasons + ".");
    }
  }

  void quarantined(List<String> folders, long rows) {
    for (String folder : folders) {
      recorder.output("quarantine", folder, rows, null);
      recorder.result("quarantine", folder);
    }
  }
}
