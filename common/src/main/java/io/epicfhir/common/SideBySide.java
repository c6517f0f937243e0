package io.epicfhir.common;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Work on several things at a time in this process, a thread a core. The threads have the caller's
 * class loader, which those of a parallel stream have not.
 */
public final class SideBySide {
  private SideBySide() {}

  /**
   * Does it for each; the first failure comes through once all have ended. Where the caller is
   * interrupted, what has not begun does not begin, and what is under way is interrupted and waited
   * for: nothing goes on behind the caller's back.
   */
  public static <T> void forEach(Collection<T> things, Consumer<T> work) {
    forEach(things, Runtime.getRuntime().availableProcessors(), work);
  }

  /**
   * The same with another number of threads.
   *
   * @param most so many at a time
   */
  public static <T> void forEach(Collection<T> things, int most, Consumer<T> work) {
    int threads = Math.min(things.size(), most);
    if (threads < 2) {
      things.forEach(work);
      return;
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> begun = new ArrayList<>();
      things.forEach(thing -> begun.add(pool.submit(() -> work.accept(thing))));
      RuntimeException failure = null;
      for (Future<?> one : begun) {
        failure = ended(one, failure);
      }
      if (failure != null) {
        throw failure;
      }
    } catch (InterruptedException e) {
      pool.shutdownNow();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    } finally {
      pool.shutdown();
      awaitEnd(pool);
    }
  }

  private static void awaitEnd(ExecutorService pool) {
    boolean interrupted = Thread.interrupted();
    for (boolean ended = false; !ended; ) {
      try {
        ended = pool.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        pool.shutdownNow();
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** What becomes of each, in order; never null. */
  public static <T, R> List<R> map(List<T> things, Function<T, R> work) {
    List<Integer> places = IntStream.range(0, things.size()).boxed().toList();
    Map<Integer, R> made = new ConcurrentHashMap<>();
    forEach(places, place -> made.put(place, work.apply(things.get(place))));
    return places.stream().map(made::get).toList();
  }

  private static RuntimeException ended(Future<?> work, RuntimeException before)
      throws InterruptedException {
    try {
      work.get();
      return before;
    } catch (ExecutionException e) {
      if (before != null) {
        return before;
      }
      return e.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException("A parallel task failed", e.getCause());
    }
  }
}
