package io.epicfhir.common;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A job that does what a test says, as the scheduler runs it, on a lake of its own. */
public final class JobRun {
  private final Path folder;
  private final Path settings;

  /** What the job does. */
  public interface Work {
    void run(JobContext context) throws Exception;
  }

  /**
   * @param more settings beside the lake's
   */
  public JobRun(Path folder, String more) throws IOException {
    this.folder = folder;
    this.settings = folder.resolve("pipeline.conf");
    Files.writeString(settings, "epic-fhir { lake = lake\n" + more + "\n}");
  }

  public Path settings() {
    return settings;
  }

  /** The exit status. */
  public int run(Work work) {
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

  public static Job job(Work work) {
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

  public JsonNode report() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("lake/metrics/d/r/count.json").toFile());
  }
}
