package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.transform.delta.DeletionVectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random histories end in the same silver and the same views in any order, and in what {@link
 * SilverModel} says of the set of their exports. A lake takes several histories side by side, each
 * with types and sources of its own: a run costs about the same for one. What this process does by
 * itself and what Spark does come to the same, row by row. The main method takes as many as one
 * likes.
 */
final class AnyOrderTest {
  private static final int SEEDS = 1;

  /** The suite's histories are short; those of the long run have more exports. */
  private static final int SHORT = 2;

  private static final int LONG = 4;
  private static final String TEXTS =
      """
      {"resourceType": "ViewDefinition", "name": "%s", "resource": "%s", "select": [
        {"column": [{"name": "key", "path": "getResourceKey()"},
                    {"name": "text", "path": "language"}]}]}
      """;

  @TempDir private Path folder;

  /** How the commits reach the tables. */
  private enum Way {
    TOGETHER,
    ONE_BY_ONE,
    IN_BATCHES
  }

  /** Histories of as many seeds, from the first on, each of so many exports. */
  private record Histories(long first, int count, int exports) {}

  @ParameterizedTest(name = "random histories end in what their exports say, applied {0}")
  @EnumSource(Way.class)
  void everyOrderEndsInWhatTheSetOfExportsSays(Way way) {
    int number = List.of(Way.values()).indexOf(way);
    boolean bothWays = way == Way.IN_BATCHES; // the main method takes them all
    Histories few = new Histories(1 + number * SEEDS, SEEDS, SHORT);
    assertThat(differences(folder, few, way, writing(number), bothWays)).isEmpty();
  }

  /** In this process, and in Spark; and where the two differ. */
  private static List<String> differences(
      Path folder, Histories some, Way way, DeletionVectors writing, boolean bothWays) {
    Lakeful here = new Lakeful(folder.resolve("here"), some, writing, false);
    List<String> found = here.differences(way);
    if (bothWays) {
      Lakeful spark = new Lakeful(folder.resolve("spark"), some, writing, true);
      found.addAll(spark.differences(way));
      Lakeful.difference("without Spark: silver", here.rows(), spark.rows(), found);
      Lakeful.difference("without Spark: counts", here.counts, spark.counts, found);
    }
    return found;
  }

  /** Arguments: the first seed, the last, and how many share a lake. Differences, and their sum. */
  public static void main(String[] args) throws IOException {
    int wrong = 0;
    int together = Integer.parseInt(args[2]);
    for (long seed = Long.parseLong(args[0]); seed <= Long.parseLong(args[1]); seed += together) {
      for (Way way : Way.values()) {
        Path folder = Files.createTempDirectory("any-order");
        DeletionVectors writing = writing(seed / together + List.of(Way.values()).indexOf(way));
        Histories many = new Histories(seed, together, LONG);
        List<String> found = differences(folder, many, way, writing, way != Way.TOGETHER);
        found.forEach(System.out::println);
        wrong += found.size();
        FileUtils.deleteDirectory(folder.toFile());
        System.out.printf("seeds %d to %d, %s, %s%n", seed, seed + together - 1, way, writing);
      }
    }
    System.out.println("wrong=" + wrong);
    TestLake.spark().stop();
  }

  private static DeletionVectors writing(long number) {
    DeletionVectors[] all = DeletionVectors.values();
    return all[(int) (number % all.length)];
  }

  /** Some histories that share a lake. */
  private static final class Lakeful {
    private final TestLake lake;
    private final Random random;
    private final Map<Long, History> histories = new TreeMap<>();
    private final int steps;
    private final Map<String, Long> any = new TreeMap<>();
    private final List<String> counts = new ArrayList<>();

    Lakeful(Path folder, Histories some, DeletionVectors writing, boolean inSpark) {
      // Nothing may go that nobody accepts.
      this.lake = new TestLake(folder).writing(writing).bound(0, 0);
      if (inSpark) {
        lake.inSpark();
      }
      this.random = new Random(some.first());
      History.Shape shape = History.Shape.of(some.first(), some.exports());
      this.steps = shape.steps().size();
      for (int slot = 0; slot < some.count(); slot++) {
        History history = new History(some.first() + slot, slot, shape);
        histories.put(some.first() + slot, history);
        for (String type : history.types()) {
          lake.view(type, TEXTS.formatted(view(type), type));
          any.put(type, Long.MAX_VALUE);
        }
      }
    }

    /** Applies them, and tells where the tables are not what the model says. */
    List<String> differences(Way way) {
      List<String> found = new ArrayList<>();
      if (way == Way.TOGETHER) {
        histories.values().forEach(history -> history.current().forEach(c -> c.land(lake)));
      } else {
        for (int step = 0; step < steps; step++) {
          land(step);
          if (random.nextInt(4) == 0) {
            run(Set.of(), someTypes(), Map.of()); // perhaps red: conclusions are held back
          } else if (way == Way.ONE_BY_ONE || random.nextInt(3) == 0) {
            run(Set.of());
            disturb(step);
          }
        }
      }
      run(Set.of()).problems().forEach(found::add);
      histories.forEach((seed, history) -> compare(seed, history, way, found));
      return found;
    }

    private void land(int step) {
      List<History.Commit> commits = at(step);
      Landings landings = new Landings(lake.lake());
      boolean withdrawn = false;
      for (History.Commit commit : commits) {
        if (commit.withdrawn() && landings.find(commit.export()).isPresent()) {
          landings.withdraw(landings.find(commit.export()).orElseThrow());
          withdrawn = true;
        }
      }
      if (withdrawn && random.nextBoolean()) {
        run(Set.of()); // red, and it may not spoil anything
      }
      commits.forEach(commit -> commit.land(lake));
    }

    private List<History.Commit> at(int step) {
      return histories.values().stream().map(history -> history.commits().get(step)).toList();
    }

    /** What a crash between two writes leaves, and what a person asks for. */
    private void disturb(int step) {
      List<String> exports = at(step).stream().map(History.Commit::export).toList();
      switch (random.nextInt(6)) {
        case 0 -> exports.forEach(this::dieBeforeTheMark);
        case 1 -> forget("silver.json");
        case 2 ->
            histories.values().forEach(h -> forget("views/" + view(h.types().get(0)) + ".json"));
        case 3 -> run(new TreeSet<>(exports));
        case 4 -> run(Set.of(), someTypes(), any);
        default -> {
          // The next ones follow.
        }
      }
    }

    private void dieBeforeTheMark(String export) {
      Lake files = lake.lake();
      org.apache.hadoop.fs.Path mark = files.paths().state("applied/" + export + ".json");
      files
          .read(mark)
          .map(text -> text.replaceFirst("\"applied_at\" : \"[^\"]*\"", "\"applied_at\" : null"))
          .ifPresent(text -> files.write(mark, text));
    }

    private void forget(String state) {
      Lake files = lake.lake();
      files.delete(files.paths().state(state));
    }

    /** Types that are rebuilt; perhaps none. */
    private Set<String> someTypes() {
      Set<String> some = new TreeSet<>(any.keySet());
      some.removeIf(type -> random.nextInt(3) > 0);
      return some;
    }

    private TransformResult run(Set<String> exports) {
      return run(exports, Set.of(), any);
    }

    private TransformResult run(
        Set<String> exports, Set<String> types, Map<String, Long> accepted) {
      TransformResult result = lake.run(new RebuildRequest(exports, types, Set.of(), accepted));
      counts.add(counts.size() + " " + new TreeMap<>(result.silver().counts()));
      return result;
    }

    /** Silver with all its columns. */
    private List<String> rows() {
      return TestLake.spark()
          .read()
          .format("delta")
          .load(lake.lake().paths().silver().toString())
          .toJSON()
          .collectAsList();
    }

    private void compare(long seed, History history, Way way, List<String> found) {
      SilverModel model = new SilverModel(history.current());
      for (String type : history.types()) {
        List<String> expected = model.live(type);
        List<String> views = expected.stream().map(Lakeful::asRow).sorted().toList();
        String where = "seed %d, %s, %s ".formatted(seed, way, type);
        difference(where + "silver", lake.live(type), expected, found);
        difference(where + "view", lake.rows(view(type)), views, found);
      }
    }

    private static void difference(
        String where, List<String> is, List<String> should, List<String> found) {
      List<String> more = new ArrayList<>(is);
      should.forEach(more::remove);
      List<String> less = new ArrayList<>(should);
      is.forEach(less::remove);
      if (!more.isEmpty() || !less.isEmpty()) {
        found.add("%s has %s instead of %s".formatted(where, more, less));
      }
    }

    private static String view(String type) {
      return "v_" + type.toLowerCase(Locale.ROOT);
    }

    /** The same line as a view of the key and the text gives it. */
    private static String asRow(String line) {
      return line.replaceFirst("^(\\S+) .*\"language\":\"(.*)\"}$", "$1 $2");
    }
  }
}
