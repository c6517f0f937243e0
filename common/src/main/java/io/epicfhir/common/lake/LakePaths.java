package io.epicfhir.common.lake;

import io.epicfhir.common.LogicalRun;
import java.time.LocalDate;
import org.apache.hadoop.fs.Path;

/** Where everything lies in the lake; the layout is a contract. */
public record LakePaths(String root) {

  /** Drops a trailing slash, so that joined paths never hold an empty step. */
  public LakePaths {
    root = root.length() > 1 && root.endsWith("/") ? root.substring(0, root.length() - 1) : root;
  }

  /** {@code bronze/resource_type=T/extraction_date=D}. */
  public Path bronze(String resourceType, LocalDate extractionDate) {
    return at(bronzePartition(resourceType, extractionDate));
  }

  /** The same folder as {@link #bronze}, relative to the lake. */
  public static String bronzePartition(String resourceType, LocalDate extractionDate) {
    return "bronze/resource_type=" + resourceType + "/extraction_date=" + extractionDate;
  }

  /** The Delta table of every resource's current state, partitioned by resource_type. */
  public Path silver() {
    return at("silver");
  }

  /** The Delta table of a view. */
  public Path view(String name) {
    return at("views/" + name);
  }

  /** The Delta table of a SQLView. */
  public Path joined(String name) {
    return at("joined/" + name);
  }

  /** The Delta table of a lookup. */
  public Path lookup(String name) {
    return at("lookups/" + name);
  }

  /** What could not be taken in, of one export. */
  public Path quarantine(LocalDate extractionDate, String exportId) {
    return at("quarantine/extraction_date=" + extractionDate + "/export_id=" + exportId);
  }

  /** The run report of a task. */
  public Path report(LogicalRun run) {
    String runId = root.startsWith("hdfs:") ? run.runId().replace(':', '_') : run.runId();
    return at("metrics/" + run.dagId() + "/" + runId + "/" + run.taskId() + ".json");
  }

  /** The trace of a task's unexpected end; it may quote patient data. */
  public Path trace(LogicalRun run) {
    return at(
        "traces/"
            + run.dagId()
            + "/"
            + run.runId().replaceAll("[^A-Za-z0-9._+-]", "_")
            + "/"
            + run.taskId()
            + "-"
            + run.tryNumber()
            + ".txt");
  }

  /** A file or folder of the pipeline's durable state. */
  public Path state(String relative) {
    return at("state/" + relative);
  }

  /** Any path relative to the lake. */
  public Path at(String relative) {
    return new Path(root + "/" + relative);
  }
}
