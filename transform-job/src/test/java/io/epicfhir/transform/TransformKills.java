package io.epicfhir.transform;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.transform.delta.DeletionVectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * What kill -9 of the transform job costs. A lake gets one landing after the other; after each the
 * job runs and dies, at failpoints or at moments that a seed draws, until a last run that is left
 * alone. Then silver and views must hold what an undisturbed run in one go makes of the same
 * landings. Landings are whole exports, changes, repeats and deletions of two types with a view
 * each.
 */
final class TransformKills {
  /** Each with how often it is passed at most in a run over two types with a view each. */
  private static final List<String> POINTS =
      List.of(
          "silver.commit:1",
          "silver.committed:1",
          "view.commit:1",
          "view.commit:2",
          "view.committed:1",
          "view.committed:2",
          "applied.mark:1");

  /** How changes go into the tables: each lake has one of them. */
  private static final List<DeletionVectors> WAYS = List.of(DeletionVectors.values());

  private static final List<String> JVM =
      List.of(
          "-Xmx768m",
          "-XX:+UseSerialGC",
          "-Dspark.driver.host=127.0.0.1",
          "-Dspark.driver.bindAddress=127.0.0.1");
  private static final int LANDINGS = 2;
  private static final int KILLS_A_LANDING = 2;
  private static final int RESOURCES = 40;

  /** One kill: where, and how the process ended. */
  record Kill(String where, int status) {
    boolean died() {
      return status == ChildJvm.KILLED;
    }
  }

  /** What the lake held at its end against what it should hold. */
  record Outcome(List<Kill> kills, boolean right) {}

  private final Path folder;
  private final Random random;
  private final TestLake killed;
  private final TestLake undisturbed;

  TransformKills(Path folder, long seed) throws IOException {
    this.folder = folder;
    this.random = new Random(seed);
    this.killed = lake("killed");
    this.undisturbed = lake("undisturbed");
    Files.createDirectories(folder.resolve("views"));
    Files.writeString(folder.resolve("views/people.json"), view("people", "Patient"));
    Files.writeString(folder.resolve("views/problems.json"), view("problems", "Condition"));
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir {
          lake = killed
          transform {
            views = views, deletion-vectors = %s, lock-patience = 30 seconds
          }
        }
        """
            .formatted(WAYS.get((int) Math.floorMod(seed, 3L)).name().toLowerCase(Locale.ROOT)));
  }

  /** Arguments: folder, seed, kills. One line a kill, then the sums as KEY=VALUE. */
  public static void main(String[] args) throws IOException, InterruptedException {
    long seed = Long.parseLong(args[1]);
    int wanted = Integer.parseInt(args[2]);
    int died = 0;
    int wrong = 0;
    for (int lake = 0; died < wanted; lake++) {
      Path folder = Path.of(args[0]).resolve("lake" + lake);
      Outcome outcome = new TransformKills(folder, seed * 1000 + lake).run(wanted - died);
      for (Kill kill : outcome.kills()) {
        System.out.println("lake " + lake + ": " + kill.where() + " -> " + kill.status());
      }
      died += (int) outcome.kills().stream().filter(Kill::died).count();
      wrong += outcome.right() ? 0 : 1;
    }
    System.out.println("kills=" + died);
    System.out.println("wrong=" + wrong);
    TestLake.spark().stop();
  }

  /** One lake from its first landing to its last, with at most so many kills. */
  Outcome run(int most) throws IOException, InterruptedException {
    List<Kill> kills = new ArrayList<>();
    for (int landing = 0; landing < LANDINGS; landing++) {
      long history = random.nextLong();
      land(killed, history, landing);
      land(undisturbed, history, landing);
      for (int i = 0; i < KILLS_A_LANDING && died(kills) < most; i++) {
        kills.add(kill());
      }
    }
    TestLake.spark();
    int status = TestLake.job(folder.resolve("pipeline.conf"));
    undisturbed.transform();
    return new Outcome(kills, status == 0 && same());
  }

  private static int died(List<Kill> kills) {
    return (int) kills.stream().filter(Kill::died).count();
  }

  private boolean same() {
    return List.of("Patient", "Condition").stream()
            .allMatch(type -> killed.silver(type).equals(undisturbed.silver(type)))
        && List.of("people", "problems").stream()
            .allMatch(view -> killed.rows(view).equals(undisturbed.rows(view)));
  }

  /** Two of three die at a point, the third at a moment: points are where the authors looked. */
  private Kill kill() throws IOException, InterruptedException {
    if (random.nextInt(3) > 0) {
      String point = POINTS.get(random.nextInt(POINTS.size()));
      return new Kill(point, job(List.of("-Depicfhir.failpoint=" + point), 0));
    }
    long millis = 6_000L + random.nextInt(12_000);
    return new Kill("after " + millis + " ms", job(List.of(), millis));
  }

  /** Runs the job in a JVM of its own; SIGKILL after so many milliseconds, 0 for never. */
  private int job(List<String> options, long millis) throws IOException, InterruptedException {
    List<String> jvm = new ArrayList<>(JVM);
    jvm.addAll(options);
    Process process =
        ChildJvm.start(
            Transform.class,
            jvm,
            "--conf",
            folder.resolve("pipeline.conf").toString(),
            "--dag",
            "etl",
            "--run",
            "kills",
            "--task",
            "transform",
            "--interval-end",
            "2026-01-20T00:00:00Z");
    if (millis > 0 && !process.waitFor(millis, TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
    }
    return process.waitFor();
  }

  private TestLake lake(String name) {
    return new TestLake(folder.resolve(name))
        .view("Patient", view("people", "Patient"))
        .view("Condition", view("problems", "Condition"));
  }

  /** One row per identifier of a person; one per problem, so that the job counts them, too. */
  private static String view(String name, String type) {
    String rest =
        type.equals("Patient")
            ? """
              {"forEach": "identifier", "column": [
                {"name": "value", "path": "value", "type": "string"}]}"""
            : """
              {"column": [
                {"name": "values", "path": "identifier.value", "collection": true}]}""";
    return """
        {"resourceType": "ViewDefinition", "name": "%s", "resource": "%s", "select": [
          {"column": [{"name": "key", "path": "getResourceKey()", "type": "string"}]},
          %s]}
        """
        .formatted(name, type, rest);
  }

  private static void land(TestLake lake, long history, int number) {
    Random random = new Random(history);
    TestLake.Export export = lake.export("e" + number, "2026-01-1" + number + "T00:00:00Z");
    for (String type : List.of("Patient", "Condition")) {
      for (int i = 0; i < RESOURCES; i++) {
        String id = "r" + random.nextInt(RESOURCES);
        if (number > 0 && random.nextInt(8) == 0) {
          export.delete(type + "/" + id);
        } else {
          export.resource(type, id, null, null, json(type, id, random));
        }
      }
    }
    export.land();
  }

  private static String json(String type, String id, Random random) {
    List<String> identifiers = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      identifiers.add("{\"value\":\"" + id + " " + random.nextInt(1000) + "\"}");
    }
    return "{\"resourceType\":\"%s\",\"id\":\"%s\",\"identifier\":[%s]}"
        .formatted(type, id, String.join(",", identifiers));
  }
}
