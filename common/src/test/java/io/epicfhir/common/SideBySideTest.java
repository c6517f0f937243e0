package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SideBySideTest {
  /** What goes on behind the caller's back writes where the job has said that it ended. */
  @Test
  void whoIsInterruptedGoesOnOnlyWhenNothingIsUnderWay() throws Exception {
    CountDownLatch begun = new CountDownLatch(2);
    CountDownLatch interrupted = new CountDownLatch(2);
    CountDownLatch stopped = new CountDownLatch(1);
    AtomicInteger started = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    ExecutorService caller = Executors.newSingleThreadExecutor();
    try {
      Future<Integer> endedAtReturn =
          caller.submit(
              () -> {
                Throwable failure =
                    catchThrowable(
                        () ->
                            SideBySide.forEach(
                                List.of(1, 2, 3, 4),
                                2,
                                one -> {
                                  started.incrementAndGet();
                                  begun.countDown();
                                  uninterruptibly(stopped, interrupted);
                                  ended.incrementAndGet();
                                }));
                assertThat(failure).isInstanceOf(IllegalStateException.class);
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                return ended.get();
              });
      begun.await();
      caller.shutdownNow();
      interrupted.await();
      assertThat(endedAtReturn.isDone()).isFalse();
      stopped.countDown();

      assertThat(endedAtReturn.get()).isEqualTo(2);
      assertThat(started).as("what had not begun").hasValue(2);
    } finally {
      caller.shutdownNow();
    }
  }

  /** As a statement of a database that does not listen. */
  private static void uninterruptibly(CountDownLatch latch, CountDownLatch interrupted) {
    boolean done = false;
    while (!done) {
      try {
        latch.await();
        done = true;
      } catch (InterruptedException e) {
        interrupted.countDown();
      }
    }
  }
}
