package io.epicfhir.extract.crawl.fetch;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Threads that ask the server. There are more of them than requests may be in flight, so that a
 * place at the source is taken again while pages are worked on. One failure ends all of them at
 * their next page.
 */
public final class Workers implements AutoCloseable {
  private final int number;
  private final ExecutorService threads;
  private volatile boolean stopped;

  public Workers(int maxInFlight) {
    number = maxInFlight + maxInFlight / 2 + 4;
    threads =
        Executors.newFixedThreadPool(
            number,
            task -> {
              Thread thread = new Thread(task, "crawl");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Whether a failure somewhere ends the work. */
  public boolean stopped() {
    return stopped;
  }

  /**
   * Does all tasks.
   *
   * @param tasks gives one after the other, to any thread; empty at the end
   * @throws JobException the most important failure: one that a retry does not solve
   */
  public void run(Supplier<Optional<Runnable>> tasks) {
    List<Future<?>> futures = new ArrayList<>();
    List<RuntimeException> failures = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      futures.add(threads.submit(() -> work(tasks, failures)));
    }
    for (Future<?> future : futures) {
      await(future);
    }
    if (!failures.isEmpty()) {
      throw failures.stream().filter(e -> !passing(e)).findFirst().orElse(failures.get(0));
    }
  }

  private void work(Supplier<Optional<Runnable>> tasks, List<RuntimeException> failures) {
    try {
      Optional<Runnable> task = tasks.get();
      while (task.isPresent() && !stopped) {
        task.get().run();
        task = tasks.get();
      }
    } catch (RuntimeException e) {
      stopped = true;
      synchronized (failures) {
        failures.add(e);
      }
    }
  }

  private void await(Future<?> future) {
    try {
      future.get();
    } catch (InterruptedException e) {
      stopped = true;
      Thread.currentThread().interrupt();
      throw new JobException(ExitCode.UNAVAILABLE, "Stopped: the job was interrupted; rerun it", e);
    } catch (java.util.concurrent.ExecutionException e) {
      stopped = true;
      throw new IllegalStateException("A thread of the crawl died", e.getCause());
    }
  }

  private static boolean passing(RuntimeException e) {
    return e instanceof JobException known && known.exitCode() == ExitCode.UNAVAILABLE;
  }

  @Override
  public void close() {
    stopped = true;
    threads.shutdown();
  }
}
