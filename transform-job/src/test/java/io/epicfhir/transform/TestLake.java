package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.TestSpark;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.joined.JoinedSettings;
import io.epicfhir.transform.silver.DeletionBound;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import io.epicfhir.transform.views.ViewCompiler;
import io.epicfhir.transform.views.ViewDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** A lake on local disk whose bronze is written by hand; everything else is the real thing. */
public final class TestLake {
  private final Lake lake;
  private final Path root;
  private final Map<String, List<String>> views = new TreeMap<>();
  private final List<ViewCatalog.Problem> viewProblems = new ArrayList<>();
  private Optional<String> largeLookups = Optional.empty();
  private DeletionVectors vectors = DeletionVectors.OFF;
  private Supplier<SparkSession> session = TestLake::spark;
  private long inProcessBelow = Long.MAX_VALUE / 1000;
  private DeletionBound bound = DeletionBound.DEFAULT;
  private final Set<String> leaveOut = new TreeSet<>();
  private SecurityLabels labels = SecurityLabels.NONE;

  /** A lake in a folder. */
  public TestLake(Path root) {
    this.root = root;
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    this.lake = new Lake(new LakePaths(root.toUri().toString()), hadoop);
  }

  /** One session for all tests of the module; a new one where a test has stopped it. */
  public static SparkSession spark() {
    return TestSpark.session();
  }

  /** Runs the job as the task transform of the run r1; its exit status. */
  static int job(Path settings) {
    return JobRunner.run(new Transform(), arguments(settings));
  }

  /** What the task transform of the run r1 is given. */
  static String[] arguments(Path settings) {
    return new String[] {
      "--conf",
      settings.toString(),
      "--dag",
      "etl",
      "--run",
      "r1",
      "--task",
      "transform",
      "--interval-end",
      "2026-01-20T00:00:00Z"
    };
  }

  /** What the jobs know it as. */
  public Lake lake() {
    return lake;
  }

  Path root() {
    return root;
  }

  /** An export that is not landed yet. */
  Export export(String id, String transactionTime) {
    return new Export(id, Instant.parse(transactionTime));
  }

  /** An export of patients that say their own id and were last updated on 5 January 2026. */
  Export patients(String export, String time, String... ids) {
    Export made = export(export, time);
    for (String id : ids) {
      made.resource("Patient", id, "1", "2026-01-05T00:00:00Z", id);
    }
    return made;
  }

  /** Defines a view; the same name again replaces it. */
  TestLake view(String resourceType, String json) {
    List<String> ofType = views.computeIfAbsent(resourceType, type -> new ArrayList<>());
    String name = ViewDefinition.parse(json, "test").name();
    ofType.removeIf(other -> ViewDefinition.parse(other, "test").name().equals(name));
    ofType.add(json);
    return this;
  }

  /** Defines a view of a type's keys, with the type's name in small letters. */
  TestLake viewOfKeys(String resourceType) {
    return view(
        resourceType,
        """
        {"resourceType": "ViewDefinition", "name": "%s", "resource": "%s",
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]}]}
        """
            .formatted(resourceType.toLowerCase(Locale.ROOT), resourceType));
  }

  /** Defines a SQLView by its file; no text takes it away. */
  TestLake sql(String file, String text) {
    return put("sql", file, text);
  }

  /** Defines a lookup by its file; no text takes it away. */
  TestLake lookup(String file, String text) {
    return put("lookups-conf", file, text);
  }

  /** Has a folder of large lookups. */
  TestLake large(Path folder) {
    largeLookups = Optional.of(folder.toUri().toString());
    return this;
  }

  /** A view whose file cannot be used from here on; its table stays. */
  TestLake refuse(String view) {
    views
        .values()
        .forEach(all -> all.removeIf(v -> ViewDefinition.parse(v, "t").name().equals(view)));
    viewProblems.add(
        new ViewCatalog.Problem(view + ".json", Optional.of(view), view + ".json: refused"));
    return this;
  }

  private TestLake put(String folder, String file, String text) {
    try {
      Path path = root.resolve(folder).resolve(file);
      Files.createDirectories(path.getParent());
      if (text == null) {
        Files.delete(path);
      } else {
        Files.writeString(path, text);
      }
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Optional<Path> folder(String name) {
    return Optional.of(root.resolve(name)).filter(Files::isDirectory);
  }

  /** What somebody else does to a table, such as {@code silver/Patient}; %s stands for it. */
  void somebody(String table, String sql) {
    spark().sql(sql.formatted("delta.`" + root.resolve(table) + "`"));
  }

  /** How changes are written from here on; by itself the rows that stay are copied. */
  TestLake writing(DeletionVectors how) {
    vectors = how;
    return this;
  }

  /** Runs fail from here on where they ask for Spark. */
  TestLake withoutSpark() {
    session =
        () -> {
          throw new AssertionError("Spark was asked for");
        };
    return this;
  }

  /** Work that asks for Spark from here on ends in an error of the JVM. */
  TestLake sparkEndsIn(Supplier<Error> error) {
    session =
        () -> {
          throw error.get();
        };
    return this;
  }

  /** All work is Spark's; by itself this process does all that it can. */
  TestLake inSpark() {
    inProcessBelow = 0;
    return this;
  }

  /** How many resources may go without a server's word. */
  TestLake bound(long number, double share) {
    bound = new DeletionBound(number, share);
    return this;
  }

  /** What happens to resources by their security labels. */
  TestLake labels(SecurityLabels policy) {
    labels = policy;
    return this;
  }

  /** A view leaves out the resources that do not fit. */
  TestLake leaveOut(String view) {
    leaveOut.add(view);
    return this;
  }

  /** A run that must end well. */
  TransformResult transform() {
    TransformResult result = run(RebuildRequest.NOTHING);
    assertThat(result.problems()).isEmpty();
    return result;
  }

  TransformResult run() {
    return run(RebuildRequest.NOTHING);
  }

  /** A run that may be red. */
  TransformResult run(RebuildRequest request) {
    return run(request, "etl/test");
  }

  TransformResult run(RebuildRequest request, String runKey) {
    Map<String, TypeViews> compiled = new TreeMap<>();
    views.forEach(
        (type, jsons) ->
            compiled.put(
                type,
                TypeViews.of(
                    ViewCompiler.compile(
                        type,
                        jsons.stream()
                            .map(j -> labels.applied(ViewDefinition.parse(j, "test"), "test"))
                            .toList()))));
    TransformSettings settings =
        new TransformSettings(
            root,
            vectors,
            bound,
            leaveOut,
            new JoinedSettings(folder("sql"), folder("lookups-conf"), largeLookups, 10L << 20),
            inProcessBelow,
            Duration.ZERO);
    return new Transformation(
            session,
            lake,
            settings,
            () -> new ViewCatalog.Read(compiled, viewProblems, labels),
            folder("sql").map(SqlCatalog::load).orElse(SqlCatalog.NONE),
            TableSignature.of(spark()))
        .run(request, runKey);
  }

  TransformResult rebuild(String... types) {
    return run(new RebuildRequest(Set.of(), Set.of(types), Set.of(), Map.of()));
  }

  TransformResult rebuildViews(String... names) {
    return run(new RebuildRequest(Set.of(), Set.of(), Set.of(names), Map.of()));
  }

  TransformResult applyAgain(String... exports) {
    return run(new RebuildRequest(Set.of(exports), Set.of(), Set.of(), Map.of()));
  }

  TransformResult accept(Map<String, Long> deletions) {
    return run(new RebuildRequest(Set.of(), Set.of(), Set.of(), deletions));
  }

  /** Silver as sorted lines: id, version, deleted, resource. */
  List<String> silver(String type) {
    return silver(type, row -> true).stream().map(row -> line(row, true)).sorted().toList();
  }

  /** A view's rows as sorted lines, without _resource_id. */
  List<String> rows(String view) {
    TableRows table = new TableRows(viewLog(view), lake.paths().view(view));
    List<String> columns = new ArrayList<>(table.columns());
    columns.remove("_resource_id");
    return table
        .of(columns)
        .map(rows -> rows.stream().map(row -> joined(row.values())).sorted().toList())
        .orElseGet(() -> rowsBySpark(view));
  }

  private List<String> rowsBySpark(String view) {
    return spark()
        .read()
        .format("delta")
        .load(lake.paths().view(view).toString())
        .drop("_resource_id")
        .collectAsList()
        .stream()
        .map(row -> row.mkString(" "))
        .sorted()
        .toList();
  }

  /** A table's rows as sorted lines, all columns in order; such as {@code joined/x}. */
  List<String> table(String folder) {
    return table(folder, "*");
  }

  /** The same, of columns or what is computed from them. */
  List<String> table(String folder, String... columns) {
    return spark()
        .read()
        .format("delta")
        .load(root.resolve(folder).toString())
        .selectExpr(columns)
        .collectAsList()
        .stream()
        .map(row -> row.mkString(" "))
        .sorted()
        .toList();
  }

  TableLog log(String folder) {
    return TableLog.of(lake, lake.paths().at(folder));
  }

  /** The resources that are there, as sorted lines: id and text. */
  List<String> live(String type) {
    return silver(type, row -> !(Boolean) row.get("deleted")).stream()
        .map(row -> line(row, false))
        .sorted()
        .toList();
  }

  private List<Map<String, Object>> silver(String type, Predicate<Map<String, Object>> which) {
    return new TableRows(silverLog(), lake.paths().silver())
            .of(List.of("resource_type", "id", "version_id", "deleted", "resource"))
            .orElseThrow()
            .stream()
            .filter(row -> type.equals(row.get("resource_type")))
            .filter(which)
            .toList();
  }

  private static String line(Map<String, Object> row, boolean whole) {
    List<Object> values = new ArrayList<>(List.of(row.get("id")));
    if (whole) {
      values.add(row.get("version_id"));
      values.add(row.get("deleted"));
    }
    values.add(row.get("resource"));
    return joined(values);
  }

  private static String joined(Collection<Object> values) {
    return values.stream().map(String::valueOf).collect(Collectors.joining(" "));
  }

  TableLog silverLog() {
    return TableLog.of(lake, lake.paths().silver());
  }

  TableLog viewLog(String view) {
    return TableLog.of(lake, lake.paths().view(view));
  }

  long silverVersion() {
    return silverLog().version().orElseThrow();
  }

  long viewVersion(String view) {
    return viewLog(view).version().orElseThrow();
  }

  /** Bronze files of an export, and then its landing. */
  final class Export {
    private final String id;
    private final Instant time;
    private final Map<String, List<BronzeFile.Line>> rows = new TreeMap<>();
    private final List<BronzeFile.Line> deletions = new ArrayList<>();
    private final List<Landing.File> files = new ArrayList<>();
    private String group = "group";
    private Instant since;
    private List<String> complete = List.of();
    private boolean inferred;
    private Instant landedAt;
    private final List<String> keptOut = new ArrayList<>();

    private Export(String id, Instant time) {
      this.id = id;
      this.time = time;
    }

    /** The group, or the crawl, that it is of. */
    Export of(String source) {
      group = source;
      inferred = source.startsWith("crawl:");
      return this;
    }

    /** Has only what changed since a time. */
    Export since(String instant) {
      since = Instant.parse(instant);
      return this;
    }

    /** Has all resources of these types; of all types where none is named. */
    Export full(String... types) {
      complete = types.length == 0 ? List.of(Landing.ALL_TYPES) : List.of(types);
      return this;
    }

    /** Its deletions began with what it lacks. */
    Export concluding() {
      inferred = true;
      return this;
    }

    /** When it landed; by itself at its own time. */
    Export landedAt(String instant) {
      landedAt = Instant.parse(instant);
      return this;
    }

    /** A resource that has its id only, as old as the export. */
    Export resource(String type, String id) {
      String json = "{\"resourceType\":\"%s\",\"id\":\"%s\"}".formatted(type, id);
      return resource(type, id, "1", time.toString(), json);
    }

    /** A resource; version and time may be null. */
    Export resource(String type, String id, String version, String updated, String json) {
      List<BronzeFile.Line> ofType = rows.computeIfAbsent(type, t -> new ArrayList<>());
      ofType.add(row(id, version, updated, json, type + ".ndjson", ofType.size() + 1));
      return this;
    }

    /** A transaction Bundle with one DELETE entry an url. */
    Export delete(String... urls) {
      String entries =
          Stream.of(urls)
              .map(url -> "{\"request\":{\"method\":\"DELETE\",\"url\":\"" + url + "\"}}")
              .reduce((a, b) -> a + "," + b)
              .orElse("");
      return bundle(
          "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + entries + "]}");
    }

    /** The same, in the server's own list of what was deleted. */
    Export listsAsDeleted(String... urls) {
      delete(urls);
      BronzeFile.Line line = deletions.remove(deletions.size() - 1);
      deletions.add(
          row(null, null, null, line.resource(), "deleted/Bundle-1.ndjson", line.number()));
      return this;
    }

    /** Has these, too, as {@code Type/id}, and did not land them: they are an erased patient's. */
    Export keepsOut(String... resources) {
      KeyedHashes hasher = new OptOutList(lake).hasher().orElseThrow();
      Stream.of(resources).forEach(key -> keptOut.add(KeptOut.entry(key, hasher)));
      return this;
    }

    Export bundle(String json) {
      deletions.add(row(null, null, null, json, "deleted.ndjson", deletions.size() + 1));
      return this;
    }

    Landing land() {
      rows.forEach((type, list) -> files.add(write(type, list, Landing.Kind.RESOURCES)));
      if (!deletions.isEmpty()) {
        files.add(write("Bundle", deletions, Landing.Kind.DELETIONS));
      }
      Landing landing =
          new Landing(
                  id,
                  group,
                  time,
                  since,
                  landedAt == null ? time : landedAt,
                  "etl/run-" + id,
                  List.copyOf(files),
                  complete,
                  inferred)
              .keepingOut(KeptOut.write(lake, id, keptOut).orElse(null));
      new Landings(lake).publish(landing);
      return landing;
    }

    private BronzeFile.Line row(
        String id, String version, String updated, String json, String file, long at) {
      Instant changed = updated == null ? null : Instant.parse(updated);
      return new BronzeFile.Line(id, version, changed, json, this.id, file, at);
    }

    private Landing.File write(String type, List<BronzeFile.Line> list, Landing.Kind kind) {
      String name =
          "bronze/resource_type="
              + type
              + "/extraction_date=2026-01-01/"
              + id
              + (landedAt == null ? "" : "-" + landedAt.getEpochSecond())
              + ".parquet";
      Path file = root.resolve(name);
      try {
        Files.createDirectories(file.getParent());
        Files.deleteIfExists(file);
        BronzeFile.write(file, list);
        return new Landing.File(type, name, list.size(), Files.size(file), kind);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
