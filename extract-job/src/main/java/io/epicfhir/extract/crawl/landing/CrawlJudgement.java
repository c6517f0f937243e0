package io.epicfhir.extract.crawl.landing;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.crawl.pages.OutcomePolicy;
import io.epicfhir.extract.crawl.reads.ReadProblems;
import io.epicfhir.extract.crawl.search.Units;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whether what came may land: refused searches, warnings of missing data, quarantine. */
public final class CrawlJudgement {
  private static final int EXAMPLES = 3;

  private final CrawlSettings settings;
  private final String block;
  private final List<String> complaints = new ArrayList<>();

  public CrawlJudgement(CrawlSettings settings) {
    this(settings, "crawl");
  }

  /**
   * @param block of the settings that names the types that are read by reference: crawl or bulk
   */
  public CrawlJudgement(CrawlSettings settings, String block) {
    this.settings = settings;
    this.block = block;
  }

  public CrawlJudgement searches(Units units) {
    Map<String, Long> codes = new TreeMap<>();
    Set<String> said = new TreeSet<>();
    long bad = 0;
    for (Map.Entry<Integer, Set<String>> problem : units.problems().entrySet()) {
      boolean open = !units.settled(problem.getKey());
      if (open && !OutcomePolicy.of(settings).accepted(problem.getValue())) {
        bad++;
        String name = units.search(problem.getKey()).name();
        problem.getValue().forEach(code -> codes.merge(code + " of " + name, 1L, Long::sum));
        said.add(units.said(problem.getKey()));
      }
    }
    if (units.doneCount() < units.total()) {
      complaints.add(
          (units.total() - units.doneCount())
              + " of "
              + units.total()
              + " searches did not finish; rerun, and report a bug if it"
              + " happens again");
    }
    if (bad > 0) {
      complaints.add(
          bad
              + " of "
              + units.total()
              + " searches were refused or incomplete "
              + codes
              + examples(said)
              + "; see quarantine (reason refused). Correct crawl.searches or the client's"
              + " permissions, or add the code to crawl.accepted-errors to continue without them. A rerun"
              + " repeats only these searches");
    }
    return this;
  }

  public CrawlJudgement references(ReadProblems problems) {
    if (!problems.codes().isEmpty()) {
      complaints.add(
          "reads by reference were refused "
              + problems.codes()
              + examples(problems.said())
              + "; remove the type from "
              + block
              + ".hydrate, or add the code to crawl.accepted-errors; a"
              + " rerun repeats only these reads");
    }
    return this;
  }

  /** A few of the answers, by which the server's operator finds the requests. */
  private static String examples(Collection<String> said) {
    List<String> some = said.stream().filter(text -> !text.isEmpty()).limit(EXAMPLES).toList();
    return some.isEmpty() ? "" : ", for example: " + String.join("; ", some);
  }

  /** What no search finds any more, where it is too much to be read by its ids. */
  public CrawlJudgement unread(Map<String, Long> types) {
    if (!types.isEmpty()) {
      complaints.add(
          types.values().stream().mapToLong(n -> n).sum()
              + " resources of earlier crawls are no longer found by any search "
              + types
              + ", more than crawl.max-confirmations = "
              + settings.maxConfirmations()
              + "; nothing was deleted. Ask the server's operator whether searches return"
              + " everything. If the resources are really gone, raise the limit and rerun: each is then"
              + " read by id before it is deleted");
    }
    return this;
  }

  public CrawlJudgement rejected(Collection<TypeCounts> counts) {
    long received = counts.stream().mapToLong(c -> c.received).sum();
    long rejected = counts.stream().mapToLong(c -> c.rejected).sum();
    Map<String, Long> reasons = new TreeMap<>();
    counts.forEach(c -> c.reasons.forEach((why, n) -> reasons.merge(why, n, Long::sum)));
    if (rejected > 0 && (double) rejected / received > settings.maxRejectedShare()) {
      complaints.add(
          rejected
              + " of "
              + received
              + " resources are in quarantine "
              + reasons
              + ", more than crawl.max-rejected-share = "
              + settings.maxRejectedShare()
              + "; look at them, then raise the limit and rerun, or ask the server's operator to fix them");
    }
    return this;
  }

  /** Why it must not land; empty where it may. */
  public Optional<JobException> complaint() {
    return complaints.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new JobException(
                ExitCode.DATA_REFUSED,
                "Cannot land the "
                    + (block.equals("bulk") ? "export" : "crawl")
                    + ": "
                    + String.join("; ", complaints)));
  }
}
