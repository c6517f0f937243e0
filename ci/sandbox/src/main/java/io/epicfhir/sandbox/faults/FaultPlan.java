package io.epicfhir.sandbox.faults;

import io.epicfhir.sandbox.http.RequestKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What fails next. Rules are tried in the order in which they were planned. */
public final class FaultPlan {
  private static final class Rule {
    final Match match;
    final Fault fault;
    int skip;
    int left;

    Rule(Match match, Fault fault, int skip, int left) {
      this.match = match;
      this.fault = fault;
      this.skip = skip;
      this.left = left;
    }

    boolean takes(RequestKind kind, String type) {
      if (left == 0 || !match.matches(kind, type)) {
        return false;
      }
      if (skip > 0) {
        skip--;
        return false;
      }
      left -= left == Integer.MAX_VALUE ? 0 : 1;
      return true;
    }
  }

  private final List<Rule> rules = new ArrayList<>();
  private volatile Duration latency;

  public FaultPlan(Duration latency) {
    this.latency = latency;
  }

  /** The next match fails. */
  public FaultPlan once(Match match, Fault fault) {
    return times(1, match, fault);
  }

  /** The next matches fail, that many. */
  public synchronized FaultPlan times(int times, Match match, Fault fault) {
    rules.add(new Rule(match, fault, 0, times));
    return this;
  }

  /** Every match fails until {@link #clear()}. */
  public FaultPlan always(Match match, Fault fault) {
    return times(Integer.MAX_VALUE, match, fault);
  }

  /** Every match from this one on, counted from 1, fails until {@link #clear()}. */
  public synchronized FaultPlan from(int number, Match match, Fault fault) {
    rules.add(new Rule(match, fault, number - 1, Integer.MAX_VALUE));
    return this;
  }

  /** Every request but those to the admin endpoints takes at least this long. */
  public FaultPlan latency(Duration duration) {
    latency = duration;
    return this;
  }

  /** Nothing fails any more, nothing is late. */
  public synchronized void clear() {
    rules.clear();
    latency = Duration.ZERO;
  }

  public Duration latency() {
    return latency;
  }

  /** All faults planned for one file of an export, each rule once. */
  public synchronized List<BulkFault.OnExport> onExport(String type) {
    List<BulkFault.OnExport> taken = new ArrayList<>();
    for (Rule rule : rules) {
      if (rule.fault instanceof BulkFault.OnExport fault && rule.takes(RequestKind.FILE, type)) {
        taken.add(fault);
      }
    }
    return taken;
  }

  public synchronized Optional<Fault.OnRequest> onRequest(RequestKind kind, String type) {
    for (Rule rule : rules) {
      if (rule.fault instanceof Fault.OnRequest fault && rule.takes(kind, type)) {
        return Optional.of(fault);
      }
    }
    return Optional.empty();
  }

  /** What is planned of one kind of fault, such as those of search pages and manifests. */
  public synchronized <F extends Fault> Optional<F> take(
      Class<F> wanted, RequestKind kind, String type) {
    for (Rule rule : rules) {
      if (wanted.isInstance(rule.fault) && rule.takes(kind, type)) {
        return Optional.of(wanted.cast(rule.fault));
      }
    }
    return Optional.empty();
  }
}
