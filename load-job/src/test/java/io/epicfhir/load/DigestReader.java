package io.epicfhir.load;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** An analyst who reads all rows of table a, again and again, and notes each change of them. */
final class DigestReader implements AutoCloseable {
  /** As long as a look takes, or the job under test has no processor. */
  private static final long PAUSE_MILLIS = 5;

  private final String sql;
  private final AtomicLong count = new AtomicLong();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final List<String> seen = new ArrayList<>();
  private final Thread thread;

  DigestReader(String schema) {
    this.sql =
        "SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM"
            + " (SELECT concat_ws('|', id, text, _resource_id) AS line FROM "
            + schema
            + ".a) lines";
    this.thread = new Thread(this::read, "reader");
    thread.start();
  }

  /** What {@link #now} is of these lines, sorted. */
  static String digest(List<String> lines) {
    try {
      byte[] text = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The table's digest at this moment. */
  String now() throws SQLException {
    try (Connection connection = LoadRun.connect();
        PreparedStatement query = connection.prepareStatement(sql)) {
      return ask(query);
    }
  }

  /** How often it looked. */
  long count() {
    return count.get();
  }

  /** What it saw that is no version's digest or one of before, and its errors. */
  List<String> strange(List<String> versions) {
    List<String> strange = new ArrayList<>();
    int last = 0;
    for (String digest : seen) {
      int version = versions.indexOf(digest);
      if (version < last) {
        strange.add(digest);
      }
      last = Math.max(last, version);
    }
    return strange;
  }

  private void read() {
    try (Connection connection = LoadRun.connect();
        PreparedStatement query = connection.prepareStatement(sql)) {
      while (!stop.get()) {
        String digest = ask(query);
        if (seen.isEmpty() || !seen.get(seen.size() - 1).equals(digest)) {
          seen.add(digest);
        }
        count.incrementAndGet();
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (SQLException | InterruptedException e) {
      seen.add(String.valueOf(e.getMessage()));
    }
  }

  private static String ask(PreparedStatement query) throws SQLException {
    try (ResultSet found = query.executeQuery()) {
      found.next();
      return found.getString(1);
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** Looks no more; what it saw is whole then. */
  void stop() {
    stop.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
