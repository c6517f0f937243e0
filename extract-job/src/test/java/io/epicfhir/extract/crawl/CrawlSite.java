package io.epicfhir.extract.crawl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.sandbox.SandboxOptions;
import io.epicfhir.sandbox.SandboxServer;
import io.epicfhir.sandbox.auth.ClientKeys;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.RequestLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;

/** A server with patients, a lake, and settings that fit. */
final class CrawlSite implements AutoCloseable {
  final Path folder;
  final Path data;
  final SandboxServer server;
  final Map<String, String> settings = new LinkedHashMap<>();
  private String intervalStart = "2026-03-02T00:00:00Z";

  private CrawlSite(Path folder, SandboxServer server) {
    this.folder = folder;
    this.data = folder.resolve("data");
    this.server = server;
  }

  static CrawlSite open(
      Path folder, Map<String, List<String>> types, UnaryOperator<SandboxOptions> behaviour)
      throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    write(data, types);
    ClientKeys keys = ClientKeys.in(folder.resolve("keys"));
    SandboxOptions options =
        SandboxOptions.of(data)
            .client("sandbox-client", keys.publicKeys())
            .exportTime(Duration.ZERO);
    CrawlSite site = new CrawlSite(folder, SandboxServer.start(behaviour.apply(options)));
    site.set("lake", folder.resolve("lake").toString());
    site.set("source.base-url", site.server.baseUrl().toString());
    site.set("source.client-id", "sandbox-client");
    site.set("source.key-file", folder.resolve("keys/rs384.pem").toString());
    site.set("source.key-id", keys.rs384().getKeyID());
    site.set("source.first-pause", "1 millisecond");
    site.set("source.idle-timeout", "5 seconds");
    site.set("source.max-in-flight", "8");
    site.set("crawl.patients.group", "sandbox-group");
    site.set("crawl.name", "all");
    return site;
  }

  /** Crawls a server that asks for no token. */
  static CrawlSite against(Path folder, java.net.URI base) {
    CrawlSite site = new CrawlSite(folder, null);
    site.set("lake", folder.resolve("lake").toString());
    site.set("source.base-url", base.toString());
    site.set("source.sign-in", "none");
    site.set("source.first-pause", "1 millisecond");
    site.set("source.max-tries", "2");
    site.set("source.max-in-flight", "8");
    site.set("crawl.name", "all");
    return site;
  }

  /** What the newest landing deletes, as "Type/id". */
  List<String> deletions() throws IOException {
    List<String> urls = new ArrayList<>();
    for (String bundle : resources(landings().get(landings().size() - 1), Landing.Kind.DELETIONS)) {
      for (JsonNode entry : new JsonMapper().readTree(bundle).path("entry")) {
        urls.add(entry.path("request").path("url").asText());
      }
    }
    return urls;
  }

  static CrawlSite open(Path folder, Map<String, List<String>> types) throws IOException {
    return open(folder, types, options -> options);
  }

  private static void write(Path data, Map<String, List<String>> types) throws IOException {
    for (Map.Entry<String, List<String>> type : types.entrySet()) {
      Files.writeString(
          data.resolve(type.getKey() + ".ndjson"), String.join("\n", type.getValue()) + "\n");
    }
  }

  /** Serves other resources from now on. */
  void serve(Map<String, List<String>> types) throws IOException {
    write(data, types);
    server.store().reload();
  }

  CrawlSite set(String key, String value) {
    settings.put(key, "\"" + value + "\"");
    return this;
  }

  Path settingsFile() throws IOException {
    Path shipped = Path.of("../conf/pipeline.conf").toAbsolutePath().normalize();
    StringBuilder text = new StringBuilder("include file(\"" + shipped + "\")\n");
    settings.forEach((key, value) -> text.append("epic-fhir." + key + " = " + value + "\n"));
    return Files.writeString(folder.resolve("pipeline.conf"), text);
  }

  String[] arguments(String run) throws IOException {
    return new String[] {
      "--conf",
      settingsFile().toString(),
      "--dag",
      "etl",
      "--run",
      run,
      "--task",
      "extract",
      "--interval-start",
      intervalStart,
      "--interval-end",
      "2026-03-02T00:00:00Z"
    };
  }

  /** From here on runs have a data interval, of the day before 2 March 2026. */
  void withInterval() {
    intervalStart = "2026-03-01T00:00:00Z";
  }

  /** Crawls and gives the exit status. */
  int crawl(String run) throws IOException {
    return JobRunner.run(new CrawlJob(), arguments(run));
  }

  JsonNode report(String run) throws IOException {
    Path file = folder.resolve("lake/metrics/etl/" + run + "/extract.json");
    return new JsonMapper().readTree(Files.readString(file));
  }

  String error(String run) throws IOException {
    return report(run).path("run").path("error").asText();
  }

  Lake lake() {
    return new Lake(new LakePaths(folder.resolve("lake").toUri().toString()), new Configuration());
  }

  List<Landing> landings() {
    return new Landings(lake()).all();
  }

  RequestLog log() {
    return server.requests();
  }

  /** Searches and reads that were answered for a type. */
  long asked(String type) {
    return log().entries().stream()
        .filter(e -> e.kind() == RequestKind.SEARCH || e.kind() == RequestKind.READ)
        .filter(e -> e.uri().matches(".*/R4/" + type + "([?/].*)?"))
        .count();
  }

  /** The resources that the newest landing shows. */
  List<String> newest() throws IOException {
    return resources(landings().get(landings().size() - 1), Landing.Kind.RESOURCES);
  }

  List<String> resources(Landing landing, Landing.Kind kind) throws IOException {
    List<String> all = new ArrayList<>();
    for (Landing.File file : landing.files()) {
      if (file.kind() == kind) {
        all.addAll(column(folder.resolve("lake/" + file.path()), "resource"));
      }
    }
    return all;
  }

  /** A column of all rows in quarantine. */
  List<String> quarantine(String column) throws IOException {
    List<String> all = new ArrayList<>();
    Path quarantine = folder.resolve("lake/quarantine");
    if (Files.exists(quarantine)) {
      try (Stream<Path> files = Files.walk(quarantine)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
          all.addAll(column(file, column));
        }
      }
    }
    return all;
  }

  static List<String> column(Path file, String column) throws IOException {
    List<String> values = new ArrayList<>();
    try (ParquetReader<Group> reader =
        ParquetReader.builder(new GroupReadSupport(), new org.apache.hadoop.fs.Path(file.toUri()))
            .build()) {
      for (Group row = reader.read(); row != null; row = reader.read()) {
        values.add(
            new String(
                row.getBinary(column, 0).getBytes(), java.nio.charset.StandardCharsets.UTF_8));
      }
    }
    return values;
  }

  @Override
  public void close() throws IOException {
    if (server != null) {
      server.close();
    }
  }
}
