package io.epicfhir.transform.joined;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.sqlviews.TableOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/**
 * Sessions for joined tables that are built side by side: names and settings are a session's own.
 * Each is made when it is needed, and kept for the tables after it.
 */
final class JoinedSessions implements AutoCloseable {
  private final Supplier<SparkSession> spark;
  private final Lake lake;
  private final JoinedLimits limits;
  private final KnownSources sources;
  private final TableOrder order;
  private final Deque<One> free = new ArrayDeque<>();
  private final List<One> all = new ArrayList<>();

  /** A session with the tables that it has opened. */
  record One(SparkSession session, SourceTables tables) {}

  /**
   * @param spark asked only where a table is behind
   */
  JoinedSessions(
      Supplier<SparkSession> spark,
      Lake lake,
      JoinedLimits limits,
      KnownSources sources,
      TableOrder order) {
    this.spark = spark;
    this.lake = lake;
    this.limits = limits;
    this.sources = sources;
    this.order = order;
  }

  /** Does it with a session that nobody else has meanwhile. */
  <T> T with(Function<One, T> work) {
    One one = take();
    try {
      return work.apply(one);
    } finally {
      give(one);
    }
  }

  private synchronized One take() {
    if (!free.isEmpty()) {
      return free.pop();
    }
    SparkSession session = SourceTables.session(spark.get(), sources.mostRead(order), limits);
    One one = new One(session, new SourceTables(session, lake, limits));
    all.add(one);
    return one;
  }

  private synchronized void give(One one) {
    free.push(one);
  }

  @Override
  public void close() {
    all.forEach(one -> one.tables().close());
  }
}
