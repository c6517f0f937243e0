package io.epicfhir.transform.joined;

import io.epicfhir.transform.sqlviews.SqlView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Joined tables that threads take from it: each after all that it reads, and first those that take
 * long, or that such ones wait for, so that no thread is left alone with a long one at the end.
 */
final class TableQueue {
  private final List<SqlView> waiting;
  private final Set<String> open = new HashSet<>();
  private boolean stopped;

  /**
   * @param order what others read comes first
   * @param bytes about what a table reads
   */
  TableQueue(List<SqlView> order, ToLongFunction<SqlView> bytes) {
    Map<String, Long> longest = new HashMap<>();
    for (int i = order.size() - 1; i >= 0; i--) {
      SqlView view = order.get(i);
      long own = longest.merge(view.name(), bytes.applyAsLong(view), Long::sum);
      view.dependencies().forEach(one -> longest.merge(one.name(), own, Math::max));
      open.add(view.name());
    }
    this.waiting = new ArrayList<>(order);
    waiting.sort(Comparator.comparing((SqlView view) -> longest.get(view.name())).reversed());
  }

  /** Does it for one after the other until none is left; several threads may. */
  void each(Consumer<SqlView> work) {
    try {
      for (Optional<SqlView> view = next(); view.isPresent(); view = next()) {
        work.accept(view.get());
        done(view.get());
      }
    } finally {
      stop(); // after a failure nobody begins another one, nor waits for what this one had
    }
  }

  /** The next that may begin; empty where none is left. */
  private synchronized Optional<SqlView> next() {
    while (!stopped && !waiting.isEmpty()) {
      Optional<SqlView> ready = waiting.stream().filter(this::isReady).findFirst();
      if (ready.isPresent()) {
        waiting.remove(ready.get());
        return ready;
      }
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted", e);
      }
    }
    return Optional.empty();
  }

  private boolean isReady(SqlView view) {
    return view.dependencies().stream().noneMatch(one -> open.contains(one.name()));
  }

  private synchronized void done(SqlView view) {
    open.remove(view.name());
    notifyAll();
  }

  private synchronized void stop() {
    stopped = true;
    notifyAll();
  }
}
