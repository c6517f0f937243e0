package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;

import io.epicfhir.common.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.Row;

/**
 * What kill -9 of the load job costs. A view gets one commit after the other; after each the job
 * runs and dies, at failpoints or at moments that a seed draws, until a last run that is left
 * alone. All the while a reader takes the table's digest: each one must be that of a version of the
 * view, never of a mix, and never of an older version than the one before. In the end the table
 * must be the view's newest version.
 */
final class LoadKills {
  private static final List<String> POINTS =
      List.of(
          "load.begun:1",
          "load.copying:1",
          "load.copying:2",
          "load.copied:1",
          "load.commit:1",
          "load.committed:1");
  private static final List<String> JVM = List.of("-Xmx768m", "-XX:+UseSerialGC");
  private static final int RESOURCES = 2_000;
  private static final int COMMITS = 3;
  private static final int KILLS_A_COMMIT = 2;

  /** One kill: where, and how the process ended. */
  record Kill(String where, int status) {
    boolean died() {
      return status == ChildJvm.KILLED;
    }
  }

  /**
   * How it ended.
   *
   * @param right whether the table is the view's newest version
   * @param read how often the reader looked
   * @param wrong what the reader saw that no version is, or in another order; and its errors
   */
  record Outcome(List<Kill> kills, boolean right, long read, List<String> wrong) {}

  private final LoadRun load;
  private final Random random;
  private final List<String> versions = new ArrayList<>();

  LoadKills(Path folder, long seed) {
    this.load = new LoadRun(folder).with("max-tries", "4");
    this.random = new Random(seed);
  }

  /** Arguments: folder, seed, kills. One line a kill, then the sums as KEY=VALUE. */
  public static void main(String[] args) throws Exception {
    long seed = Long.parseLong(args[1]);
    int wanted = Integer.parseInt(args[2]);
    int died = 0;
    int wrong = 0;
    long mixed = 0;
    long read = 0;
    for (int lake = 0; died < wanted; lake++) {
      Path folder = Path.of(args[0]).resolve("lake" + lake);
      Outcome outcome = new LoadKills(folder, seed * 1000 + lake).run(wanted - died);
      for (Kill kill : outcome.kills()) {
        System.out.println("lake " + lake + ": " + kill.where() + " -> " + kill.status());
      }
      outcome.wrong().forEach(seen -> System.out.println("reader: " + seen));
      died += (int) outcome.kills().stream().filter(Kill::died).count();
      wrong += outcome.right() ? 0 : 1;
      mixed += outcome.wrong().size();
      read += outcome.read();
    }
    System.out.println("kills=" + died);
    System.out.println("wrong=" + wrong);
    System.out.println("mixed=" + mixed);
    System.out.println("read=" + read);
    ViewTables.spark().stop();
  }

  /** One table from its first load to its last, with at most so many kills. */
  Outcome run(int most) throws IOException, InterruptedException, SQLException {
    List<Kill> kills = new ArrayList<>();
    ViewTables.write(load.lake(), "a", plain(), plainRows(RESOURCES, "first"));
    ViewTables.deletionVectors(load.lake(), "a", random.nextBoolean());
    committed();
    boolean right = load.run() == 0;
    if (random.nextInt(3) == 0) {
      load.execute("CREATE VIEW {}.report AS SELECT count(*) AS n FROM {}.a");
    }
    try (DigestReader reader = new DigestReader(load.schema())) {
      for (int commit = 0; commit < COMMITS; commit++) {
        commit("commit " + commit);
        committed();
        for (int i = 0;
            i < KILLS_A_COMMIT && kills.stream().filter(Kill::died).count() < most;
            i++) {
          kills.add(kill());
        }
      }
      right &= load.run() == 0;
      right &= reader.now().equals(versions.get(versions.size() - 1));
      reader.stop();
      return new Outcome(kills, right, reader.count(), reader.strange(versions));
    }
  }

  /** Few resources change, or all of them. */
  private void commit(String text) {
    if (random.nextInt(3) == 0) {
      ViewTables.write(load.lake(), "a", plain(), plainRows(RESOURCES + random.nextInt(100), text));
      return;
    }
    List<String> ids = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String id = "r" + (i * 97 + random.nextInt(90));
      ids.add(id);
      for (int j = random.nextInt(3); j > 0; j--) {
        rows.add(row(id + "/" + j, text, id));
      }
    }
    ViewTables.change(load.lake(), "a", plain(), ids, rows);
  }

  private void committed() {
    versions.add(DigestReader.digest(ViewTables.rows(load.lake(), "a")));
  }

  /** Two of three die at a point, the third at a moment: points are where the authors looked. */
  private Kill kill() throws IOException, InterruptedException {
    if (random.nextInt(3) > 0) {
      String point = POINTS.get(random.nextInt(POINTS.size()));
      return new Kill(point, job(List.of("-Depicfhir.failpoint=" + point), 0));
    }
    long millis = 3_000L + random.nextInt(5_000);
    return new Kill("after " + millis + " ms", job(List.of(), millis));
  }

  /** Runs the job in a JVM of its own; SIGKILL after so many milliseconds, 0 for never. */
  private int job(List<String> options, long millis) throws IOException, InterruptedException {
    Process process = load.start(JVM, options);
    if (millis > 0 && !process.waitFor(millis, TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
    }
    return process.waitFor();
  }
}
