package io.epicfhir.load;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/** An analyst who asks for count, least and greatest text of table a, again and again. */
final class Reader implements AutoCloseable {
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private final Queue<SQLException> failures = new ConcurrentLinkedQueue<>();
  private final CountDownLatch first = new CountDownLatch(1);
  private final AtomicBoolean stop = new AtomicBoolean();
  private final Thread thread;

  Reader(String schema) {
    thread = new Thread(() -> read(schema));
    thread.start();
    await(first);
  }

  Set<String> seen() {
    return seen;
  }

  Queue<SQLException> failures() {
    return failures;
  }

  private void read(String schema) {
    String sql = "SELECT count(*) || ' ' || min(text) || ' ' || max(text) FROM " + schema + ".a";
    try (Connection connection = LoadRun.connect();
        PreparedStatement query = connection.prepareStatement(sql)) {
      while (!stop.get()) {
        try (ResultSet found = query.executeQuery()) {
          found.next();
          seen.add(found.getString(1));
        }
        first.countDown();
      }
    } catch (SQLException e) {
      failures.add(e);
      first.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    stop.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
