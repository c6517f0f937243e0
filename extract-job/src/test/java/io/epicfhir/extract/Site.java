package io.epicfhir.extract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.Job;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.Lake;
import io.epicfhir.common.LakePaths;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import io.epicfhir.sandbox.ClientKeys;
import io.epicfhir.sandbox.SandboxOptions;
import io.epicfhir.sandbox.SandboxServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;

/** A server with data, a lake and settings that fit, to run the three jobs against. */
final class Site implements AutoCloseable {
  static {
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
    System.setProperty("spark.sql.shuffle.partitions", "2");
  }

  final Path folder;
  final Path data;
  final SandboxServer server;
  final Map<String, String> settings = new LinkedHashMap<>();

  private Site(Path folder, SandboxServer server) {
    this.folder = folder;
    this.data = folder.resolve("data");
    this.server = server;
  }

  /** Serves the files, by name, with exports that are ready at once. */
  static Site open(Path folder, Map<String, byte[]> files, UnaryOperator<SandboxOptions> behaviour)
      throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(data.resolve(file.getKey()), file.getValue());
    }
    ClientKeys keys = ClientKeys.in(folder.resolve("keys"));
    SandboxOptions options =
        SandboxOptions.of(data)
            .client("sandbox-client", keys.publicKeys())
            .exportTime(java.time.Duration.ZERO);
    Site site = new Site(folder, SandboxServer.start(behaviour.apply(options)));
    site.settings.put("lake", "\"" + folder.resolve("lake") + "\"");
    site.settings.put("source.base-url", "\"" + site.server.baseUrl() + "\"");
    site.settings.put("source.client-id", "sandbox-client");
    site.settings.put("source.key-file", "\"" + folder.resolve("keys/rs384.pem") + "\"");
    site.settings.put("source.key-id", "\"" + keys.rs384().getKeyID() + "\"");
    site.settings.put("source.first-pause", "\"1 millisecond\"");
    site.settings.put("source.idle-timeout", "\"2 seconds\"");
    site.settings.put("bulk.groups", "[sandbox-group]");
    site.settings.put("bulk.types", "[Patient, Observation]");
    return site;
  }

  static Site open(Path folder, Map<String, byte[]> files) throws IOException {
    return open(folder, files, options -> options);
  }

  /** The settings file: the shipped one with this site's values over it. */
  Path settingsFile() throws IOException {
    Path shipped = Path.of("../conf/pipeline.conf").toAbsolutePath().normalize();
    StringBuilder text = new StringBuilder("include file(\"" + shipped + "\")\n");
    settings.forEach((key, value) -> text.append("epic-fhir." + key + " = " + value + "\n"));
    return Files.writeString(folder.resolve("pipeline.conf"), text);
  }

  String[] arguments(String run, String task) throws IOException {
    return new String[] {
      "--conf",
      settingsFile().toString(),
      "--dag",
      "etl",
      "--run",
      run,
      "--task",
      task,
      "--interval-end",
      "2026-03-02T00:00:00Z"
    };
  }

  /** Runs a job as a task of a run and gives its exit status. */
  int run(Job job, String run, String task) throws IOException {
    return JobRunner.run(job, arguments(run, task));
  }

  /** Runs all three jobs of a run; the status of the last, or of the first that fails. */
  int runAll(String run) throws IOException {
    int kickOff = run(new KickOff(), run, "kick_off");
    if (kickOff != 0) {
      return kickOff;
    }
    int status = run(new ExportStatus(), run, "wait");
    return status == 0 ? run(new Extract(), run, "extract") : status;
  }

  JsonNode report(String run, String task) throws IOException {
    Path file = folder.resolve("lake/metrics/etl/" + run + "/" + task + ".json");
    return new JsonMapper().readTree(Files.readString(file));
  }

  String error(String run, String task) throws IOException {
    return report(run, task).path("run").path("error").asText();
  }

  Lake lake() {
    return new Lake(new LakePaths(folder.resolve("lake").toUri().toString()), new Configuration());
  }

  List<Landing> landings() {
    return new Landings(lake()).all();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
