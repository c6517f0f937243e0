package io.epicfhir.extract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.TestSpark;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/** A lake and settings, to run the three jobs by against any server. */
class Runs {
  private static final Instant MANUAL = Instant.parse("2026-03-02T00:00:00Z");

  final Path folder;
  private final Map<String, Instant[]> windows = new HashMap<>();
  final Map<String, String> settings = new LinkedHashMap<>();

  /**
   * The shipped settings, but for a server on this machine.
   *
   * @param folder holds {@code keys/rs384.pem} and gets all else
   */
  Runs(Path folder, String baseUrl, String keyId) {
    this.folder = folder;
    settings.put("lake", "\"" + folder.resolve("lake") + "\"");
    settings.put("source.base-url", "\"" + baseUrl + "\"");
    settings.put("source.client-id", "sandbox-client");
    settings.put("source.key-file", "\"" + folder.resolve("keys/rs384.pem") + "\"");
    settings.put("source.key-id", "\"" + keyId + "\"");
    settings.put("source.first-pause", "\"1 millisecond\"");
    settings.put("source.idle-timeout", "\"20 seconds\"");
    settings.put("bulk.groups", "[sandbox-group]");
    settings.put("bulk.types", "[Patient, Observation]");
  }

  /** The settings file: the shipped one with this site's values over it. */
  Path settingsFile() throws IOException {
    Path shipped = Path.of("../conf/pipeline.conf").toAbsolutePath().normalize();
    StringBuilder text = new StringBuilder("include file(\"" + shipped + "\")\n");
    settings.forEach((key, value) -> text.append("epic-fhir." + key + " = " + value + "\n"));
    return Files.writeString(folder.resolve("pipeline.conf"), text);
  }

  /** A job's command line. */
  String[] arguments(String run, String task) throws IOException {
    Instant[] window = windows.getOrDefault(run, new Instant[] {MANUAL, MANUAL});
    return new String[] {
      "--conf",
      settingsFile().toString(),
      "--dag",
      "etl",
      "--run",
      run,
      "--task",
      task,
      "--interval-start",
      window[0].toString(),
      "--interval-end",
      window[1].toString()
    };
  }

  /** Gives a run a data interval; without one it is a manual run. */
  Runs window(String run, Instant start, Instant end) {
    windows.put(run, new Instant[] {start, end});
    return this;
  }

  /** Runs a job as a task of a run and gives its exit status. */
  int run(Job job, String run, String task) throws IOException {
    TestSpark.session(); // to start one for each job is most of a small job's time
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
}
