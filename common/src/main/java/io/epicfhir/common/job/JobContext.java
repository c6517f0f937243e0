package io.epicfhir.common.job;

import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.localfs.FileReaders;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.spark.HadoopSettings;
import io.epicfhir.common.spark.SparkScratch;
import io.epicfhir.common.spark.SparkSessions;
import org.apache.spark.sql.SparkSession;

/**
 * What a job is given: its arguments, settings, lake, and the recorder of its report. Spark starts
 * when it is first asked for.
 */
public final class JobContext implements AutoCloseable {
  private final JobArguments arguments;
  private final SettingsFile settings;
  private final RunRecorder recorder;
  private final FileReaders readers;
  private SparkSession spark;
  private boolean ownSpark;
  private Lake lake;

  JobContext(JobArguments arguments, SettingsFile settings, RunRecorder recorder) {
    this.arguments = arguments;
    this.settings = settings;
    this.recorder = recorder;
    this.readers = settings.fileReaders();
    this.lake =
        new Lake(
            settings.lake(), HadoopSettings.of(System.getProperties(), System.getenv(), readers));
  }

  /** The command line. */
  public JobArguments arguments() {
    return arguments;
  }

  /** Which run, task and try this is. */
  public LogicalRun run() {
    return arguments.run();
  }

  /** The settings. */
  public SettingsFile settings() {
    return settings;
  }

  /** The lake; with Spark's file system configuration as soon as there is a session. */
  public synchronized Lake lake() {
    return lake;
  }

  /** Where the job's figures go. */
  public RunRecorder recorder() {
    return recorder;
  }

  /** The Spark session, started at the first call where the process has none. */
  public synchronized SparkSession spark() {
    if (spark == null) {
      ownSpark = !SparkSessions.running();
      spark =
          recorder
              .registry()
              .timer("spark.start")
              .timeSupplier(() -> SparkSessions.start(arguments.run(), readers, recorder.stages()));
      recorder.sparkMaster(spark.sparkContext().master());
      lake = new Lake(lake.paths(), spark.sparkContext().hadoopConfiguration());
    }
    return spark;
  }

  /** Stops Spark where it was started here; every event has reached the recorder then. */
  @Override
  public synchronized void close() {
    if (spark != null && ownSpark) {
      spark.stop();
      SparkScratch.closeAll();
    } else if (spark != null) {
      SparkSessions.leave(spark, recorder.stages());
    }
  }
}
