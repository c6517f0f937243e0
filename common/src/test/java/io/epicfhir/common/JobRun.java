package io.epicfhir.common;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A job that does what a test says, as the scheduler runs it, on a lake of its own. */
final class JobRun {
  private final Path folder;
  private final Path settings;

  /** What the job does. */
  interface Work {
    void run(JobContext context) throws Exception;
  }

  /**
   * @param more settings beside the lake's
   */
  JobRun(Path folder, String more) throws IOException {
    this.folder = folder;
    this.settings = folder.resolve("pipeline.conf");
    Files.writeString(settings, "epic-fhir { lake = lake\n" + more + "\n}");
  }

  Path settings() {
    return settings;
  }

  /** The exit status. */
  int run(Work work) {
    return JobRunner.run(
        job(work),
        "--conf",
        settings.toString(),
        "--dag",
        "d",
        "--run",
        "r",
        "--task",
        "count",
        "--interval-start",
        "2026-01-01T00:00:00Z",
        "--interval-end",
        "2026-01-02T00:00:00Z");
  }

  static Job job(Work work) {
    return new Job() {
      @Override
      public String phase() {
        return "count";
      }

      @Override
      public void run(JobContext context) throws Exception {
        work.run(context);
      }
    };
  }

  JsonNode report() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("lake/metrics/d/r/count.json").toFile());
  }
}
