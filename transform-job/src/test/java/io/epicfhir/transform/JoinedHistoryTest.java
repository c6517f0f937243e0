package io.epicfhir.transform;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableScan;
import io.epicfhir.transform.delta.TableWriter;
import io.epicfhir.transform.joined.JoinedLimits;
import io.epicfhir.transform.joined.JoinedResults;
import io.epicfhir.transform.joined.JoinedResults.Built;
import io.epicfhir.transform.joined.JoinedTables;
import io.epicfhir.transform.joined.Source;
import io.epicfhir.transform.lookups.Lookups;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.TableOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tables that are kept by key are, after any history, what their SQL gives as a whole: rows that
 * come, move and go, null and repeated keys, lookups, nights without a run, a state that is older
 * than the table. The main method takes as many histories as one likes.
 */
final class JoinedHistoryTest {
  private static final int NIGHTS = 5;

  private static final Map<String, StructType> COLUMNS =
      Map.of(
          "r", StructType.fromDDL("id string, p string, fk string, v string, tags array<string>"),
          "m", StructType.fromDDL("id string, code string"),
          "n", StructType.fromDDL("p string, w string"));

  /** By file; several joins to the key, with and without touched lines. */
  private static final Map<String, String> SQL =
      Map.of(
          "orders.sql",
          """
          -- description: A join along two references, the second a lookup
          -- depends: r, m, lookup names (optional: code, name)
          -- key: order_id
          -- touched by m: SELECT r.id FROM r JOIN changed ON r.fk = changed.id
          -- touched by names: SELECT r.id FROM r JOIN m ON r.fk = m.id JOIN changed ON changed.code = m.code
          SELECT r.id AS order_id, r.p, r.v, r.tags, m.code, names.name
          FROM r LEFT JOIN m ON m.id = r.fk LEFT JOIN names ON names.code = m.code
          """,
          "persons.sql",
          """
          -- description: Groups, with what the plan tells of the key
          -- depends: r, n
          -- key: p
          WITH each AS (SELECT p, v FROM r WHERE v <> 'x'),
               most AS (SELECT p, max(w) AS w FROM n GROUP BY p)
          SELECT each.p, count(*) AS number, sort_array(collect_list(each.v)) AS vs,
                 max(most.w) AS w
          FROM each LEFT JOIN most ON most.p = each.p GROUP BY each.p
          """,
          "latest.sql",
          """
          -- description: A window of each key, rows without a partner
          -- depends: r, n, m
          -- key: p
          SELECT p, id, v, row_number() OVER (PARTITION BY p ORDER BY id, v, fk) AS number
          FROM r
          WHERE NOT EXISTS (SELECT 1 FROM n WHERE n.p = r.p AND n.w = r.v)
            AND NOT EXISTS (SELECT 1 FROM m WHERE m.id = r.fk AND m.code = 'c0')
          """,
          "pairs.sql",
          """
          -- description: Rows of one key that meet rows of another
          -- depends: r as one, r as other
          -- key: id
          -- touched by other: SELECT one.id FROM one JOIN changed ON one.fk = changed.p
          SELECT one.id, other.v FROM one JOIN other ON one.fk = other.p
          UNION ALL SELECT id, v FROM one WHERE fk IS NULL
          """,
          "any.sql",
          """
          -- description: One value for all, of which each change touches every key
          -- depends: r, n
          -- key: p
          -- touched by n: SELECT p FROM r
          SELECT r.p, r.v, (SELECT max(w) FROM n) AS w FROM r
          """,
          "both.sql",
          """
          -- description: Joined tables of joined tables
          -- depends: orders, persons
          -- key: order_id
          -- touched by persons: SELECT orders.order_id FROM orders JOIN changed ON orders.p = changed.p
          SELECT orders.order_id, orders.code, persons.number
          FROM orders LEFT JOIN persons ON persons.p = orders.p
          """);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(longs = 1)
  void whatIsKeptByKeyIsWhatTheSqlGivesAsAWhole(long seed) {
    History history = new History(folder, seed);
    assertThat(history.differences()).isEmpty();
    assertThat(history.byKey).as("something was kept by key").isPositive();
  }

  /** Arguments: the first seed and the last. Differences, and their sum. */
  public static void main(String[] args) throws IOException {
    int wrong = 0;
    int byKey = 0;
    for (long seed = Long.parseLong(args[0]); seed <= Long.parseLong(args[1]); seed++) {
      Path folder = Files.createTempDirectory("joined-history");
      History history = new History(folder, seed);
      List<String> found = history.differences();
      found.forEach(System.out::println);
      wrong += found.size();
      byKey += history.byKey;
      FileUtils.deleteDirectory(folder.toFile());
    }
    System.out.println("wrong=" + wrong + " kept-by-key=" + byKey);
    TestLake.spark().stop();
  }

  /** One history. */
  private static final class History {
    private final TestLake lake;
    private final Random random;
    private final long seed;
    private final SparkSession spark = TestLake.spark();
    private final Map<String, List<Row>> model = new TreeMap<>();
    private final SqlCatalog catalog;
    private int byKey;

    History(Path folder, long seed) {
      this.lake = new TestLake(folder);
      this.seed = seed;
      this.random = new Random(seed);
      SQL.forEach(lake::sql);
      this.catalog = SqlCatalog.load(folder.resolve("sql"));
      COLUMNS.keySet().forEach(table -> model.put(table, List.of()));
    }

    List<String> differences() {
      List<String> found = new ArrayList<>();
      for (int night = 0; night < NIGHTS; night++) {
        COLUMNS.keySet().stream().sorted().forEach(this::change);
        if (random.nextInt(4) == 0) {
          lake.lookup("names.csv", "code,name\nc0," + value("n", 3) + "\nc1,x\n");
        }
        if (night > 0 && random.nextInt(4) == 0) {
          continue; // a night without a run
        }
        Optional<String> older = random.nextInt(4) == 0 ? state("orders") : Optional.empty();
        run(found, night);
        if (older.isPresent()) {
          lake.lake().write(stateFile("orders"), older.get()); // a crash after the commit
          COLUMNS.keySet().stream().sorted().forEach(this::change);
          run(found, night);
        }
        compare(found, night);
      }
      run(found, NIGHTS);
      compare(found, NIGHTS);
      return found;
    }

    private org.apache.hadoop.fs.Path stateFile(String table) {
      return lake.lake().paths().state("joined/" + table + ".json");
    }

    private Optional<String> state(String table) {
      return lake.lake().read(stateFile(table));
    }

    private void run(List<String> found, int night) {
      var lookups =
          new Lookups(
                  () -> spark,
                  lake.lake(),
                  Optional.of(lake.root().resolve("lookups-conf")).filter(Files::isDirectory),
                  Optional.empty())
              .bringUpToDate();
      Map<String, Source> sources = new TreeMap<>();
      COLUMNS.keySet().forEach(table -> source(table).ifPresent(s -> sources.put(table, s)));
      TableOrder order =
          TableOrder.of(
              catalog,
              new TableOrder.Known(COLUMNS.keySet(), lookups.done().keySet(), Map.of(), Map.of()));
      JoinedResults results =
          new JoinedTables(
                  () -> spark,
                  lake.lake(),
                  List.of(DeletionVectors.values()).get(random.nextInt(3)),
                  limits(),
                  sources,
                  lookups)
              .bringUpToDate(catalog, order, Set.of());
      results.failed().forEach((name, why) -> found.add("seed " + seed + ": " + why));
      byKey += (int) results.done().values().stream().filter(d -> d.built() == Built.KEYS).count();
      if (random.nextInt(5) == 0) {
        boolean none =
            new JoinedTables(
                    () -> {
                      throw new IllegalStateException("Spark for nothing new");
                    },
                    lake.lake(),
                    DeletionVectors.OFF,
                    JoinedLimits.of(10 << 20),
                    sources,
                    lookups)
                .bringUpToDate(catalog, order, Set.of())
                .failed()
                .isEmpty();
        if (!none) {
          found.add("seed %d, night %d: Spark for nothing new".formatted(seed, night));
        }
      }
    }

    /** Nothing, a little and all of the work by the job's own threads. */
    private JoinedLimits limits() {
      return new JoinedLimits(10 << 20, List.of(0, 5, 150_000).get(random.nextInt(3)), 1 << 20);
    }

    private Optional<Source> source(String table) {
      KeptTable kept = kept(table);
      return kept.log()
          .snapshot()
          .map(
              now ->
                  Source.of(
                      "views/" + table,
                      kept.path(),
                      now.version(),
                      kept.log().identity(now.version()).orElseThrow(),
                      now.bytes()));
    }

    private KeptTable kept(String table) {
      return new KeptTable(lake.lake(), lake.lake().paths().view(table));
    }

    /** Each table against its SQL over the tables that are there now. */
    private void compare(List<String> found, int night) {
      SparkSession fresh = spark.newSession();
      model.forEach(
          (table, rows) ->
              fresh.createDataFrame(rows, COLUMNS.get(table)).createOrReplaceTempView(table));
      List<Row> names = new ArrayList<>();
      if (Files.exists(lake.root().resolve("lookups/names"))) {
        names.addAll(
            spark
                .read()
                .format("delta")
                .load(lake.root().resolve("lookups/names").toString())
                .collectAsList());
      }
      fresh
          .createDataFrame(names, StructType.fromDDL("code string, name string"))
          .createOrReplaceTempView("names");
      fresh.table("r").createOrReplaceTempView("one");
      fresh.table("r").createOrReplaceTempView("other");
      for (String name : List.of("orders", "persons", "latest", "pairs", "both")) {
        SqlView view = catalog.find(name).orElseThrow();
        Dataset<Row> whole = fresh.sql(view.query().sql());
        whole.createOrReplaceTempView(name);
        List<String> expected = lines(whole);
        List<String> actual = lake.table("joined/" + name);
        if (!expected.equals(actual)) {
          found.add(
              "seed %d, night %d, %s: %s instead of %s"
                  .formatted(seed, night, name, actual, expected));
        }
      }
    }

    private static List<String> lines(Dataset<Row> rows) {
      return rows.collectAsList().stream().map(row -> row.mkString(" ")).sorted().toList();
    }

    private String value(String prefix, int of) {
      return prefix + random.nextInt(of);
    }

    private String orNull(String value) {
      return random.nextInt(6) == 0 ? null : value;
    }

    private Row row(String table, String key) {
      return switch (table) {
        case "r" ->
            RowFactory.create(
                key,
                orNull(value("p", 4)),
                // Some refer to drugs, some to persons.
                orNull(random.nextBoolean() ? value("m", 4) : value("p", 4)),
                value("v", 3),
                new String[] {orNull(value("t", 2)), "t"});
        case "m" -> RowFactory.create(key, orNull(value("c", 3)));
        default -> RowFactory.create(key, orNull(value("v", 3)));
      };
    }

    /** Some keys have other rows now, as many as it comes: none, one or several. */
    private void change(String table) {
      List<Row> rows = new ArrayList<>(model.get(table));
      boolean first = rows.isEmpty();
      int keys = first ? 6 : random.nextInt(3);
      for (int i = 0; i < keys; i++) {
        String prefix = table.equals("n") ? "p" : table;
        String key = orNull(value(prefix, table.equals("r") ? 8 : 4));
        rows.removeIf(row -> Objects.equals(row.get(0), key));
        int times = random.nextInt(3);
        for (int j = 0; j < times; j++) {
          rows.add(row(table, key));
        }
      }
      write(table, model.get(table), rows);
      model.put(table, List.copyOf(rows));
    }

    private void write(String table, List<Row> before, List<Row> after) {
      KeptTable kept = kept(table);
      StructType columns = COLUMNS.get(table);
      TableWriter writer =
          new TableWriter(lake.lake(), kept.path(), columns, Optional.empty(), Optional.empty());
      String us = "epic-fhir test";
      Optional<TableSnapshot> now = kept.log().snapshot();
      int way = now.isEmpty() ? 0 : random.nextInt(4);
      if (way == 0) {
        if (now.isEmpty() || random.nextInt(3) == 0) {
          kept.build(KeptTable.definition(columns, "", true), written(writer, after, columns), us);
        } else {
          kept.log()
              .change(now.get().version(), written(writer, after, columns), now.get().files(), us);
        }
        return;
      }
      Set<String> differing =
          Stream.concat(before.stream(), after.stream())
              .map(row -> key(row))
              .filter(key -> !of(before, key).equals(of(after, key)))
              .collect(Collectors.toSet());
      if (differing.isEmpty()) {
        return;
      }
      List<String> wanted = new ArrayList<>(Arrays.asList(columns.fieldNames()));
      wanted.addAll(TableScan.POSITION);
      Dataset<Row> positions =
          new TableScan(spark, lake.lake(), kept.path(), columns, Optional.empty())
              .dataset(now.get().files(), wanted)
              .where(coalesce(col(columns.fieldNames()[0]), lit("none")).isin(differing.toArray()));
      TableWriter.Plan plan =
          writer.take(Optional.of(spark), now.get(), RowPositions.of(positions), way > 1);
      List<NewFile> add =
          written(writer, after.stream().filter(r -> differing.contains(key(r))).toList(), columns);
      kept.log().change(now.get().version(), add, plan.copies(), plan.remove(), plan.mark(), us);
    }

    private static String key(Row row) {
      return row.isNullAt(0) ? "none" : row.getString(0);
    }

    private static List<String> of(List<Row> rows, String key) {
      return rows.stream().filter(row -> key(row).equals(key)).map(Row::toString).sorted().toList();
    }

    private List<NewFile> written(TableWriter writer, List<Row> rows, StructType columns) {
      return rows.isEmpty()
          ? List.of()
          : writer.write(spark.createDataFrame(rows, columns).coalesce(1));
    }
  }
}
