package io.epicfhir.extract;

import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.util.SerializableConfiguration;

/**
 * One Spark task: takes the files of a bin from the server and writes them to the staging folder.
 * File names hold the task attempt's id, so attempts never meet; only a successful attempt's result
 * reaches the driver, and only files that a result names are used. A failure that a new attempt
 * would only repeat is a result too: the driver ends the run, Spark does not try again.
 */
final class BinTask implements MapPartitionsFunction<Long, String> {
  private static final long serialVersionUID = 1L;

  private final ArrayList<Bin> bins;
  private final Target target;
  private final SerializableConfiguration hadoop;

  /**
   * Where to and how; no secret in it.
   *
   * @param settingsFile from which an executor builds its own client
   * @param exportId the export
   * @param staging the folder to write to
   * @param tokenForFiles whether the files want the access token
   * @param targetSize bytes a Parquet file should reach
   * @param maxLine bytes of the longest line
   */
  record Target(
      String settingsFile,
      String exportId,
      String staging,
      boolean tokenForFiles,
      long targetSize,
      int maxLine)
      implements java.io.Serializable {}

  BinTask(List<Bin> bins, Target target, SerializableConfiguration hadoop) {
    this.bins = new ArrayList<>(bins);
    this.target = target;
    this.hadoop = hadoop;
  }

  @Override
  public Iterator<String> call(Iterator<Long> numbers) {
    List<String> results = new ArrayList<>();
    while (numbers.hasNext()) {
      int number = Math.toIntExact(numbers.next());
      results.add(Json.write(take(number)));
    }
    return results.iterator();
  }

  private BinResult take(int number) {
    Bin bin = bins.get(number);
    String prefix = number + "-" + TaskContext.get().taskAttemptId();
    RemoteFile first = bin.files().get(0);
    Traffic traffic = new Traffic();
    List<FileResult> files = new ArrayList<>();
    try (RollingParquet<BronzeLine> bronze = bronze(prefix);
        RollingParquet<QuarantinedLine> quarantine = quarantine(prefix)) {
      BinResult.Failure failure = null;
      try {
        SourceClient client = SourceClients.of(target.settingsFile());
        for (RemoteFile file : bin.files()) {
          files.add(take(client, file, traffic, bronze, quarantine));
        }
      } catch (JobException e) {
        failure = BinResult.Failure.of(e);
      }
      return new BinResult(
          files,
          failure == null ? staged(first, bronze.written()) : List.of(),
          failure == null ? staged(first, quarantine.written()) : List.of(),
          traffic.sums(),
          failure);
    }
  }

  private FileResult take(
      SourceClient client,
      RemoteFile file,
      Traffic traffic,
      RollingParquet<BronzeLine> bronze,
      RollingParquet<QuarantinedLine> quarantine) {
    long begin = System.nanoTime();
    Ask plain = Ask.get("download file " + file.name(), file.url(), "application/fhir+ndjson");
    Ask ask = target.tokenForFiles() ? plain.withToken() : plain;
    FileIntake intake = new FileIntake(file, target.maxLine(), bronze, quarantine);
    client.download(ask, traffic, intake);
    return intake.result((System.nanoTime() - begin) / 1_000_000);
  }

  private RollingParquet<BronzeLine> bronze(String prefix) {
    return new RollingParquet<>(
        hadoop.value(),
        n -> staging(prefix + "-" + n + ".parquet"),
        () -> new BronzeRows(target.exportId()),
        "resource",
        target.targetSize());
  }

  private RollingParquet<QuarantinedLine> quarantine(String prefix) {
    return new RollingParquet<>(
        hadoop.value(),
        n -> staging(prefix + "-" + n + ".quarantine.parquet"),
        QuarantineRows::new,
        "line",
        target.targetSize());
  }

  private Path staging(String name) {
    URI folder = URI.create(target.staging());
    return new Path(new Path(folder), name);
  }

  private static List<StagedFile> staged(RemoteFile file, List<RollingParquet.Written> written) {
    return written.stream()
        .map(
            w -> new StagedFile(file.type(), file.kind(), w.path().toString(), w.rows(), w.bytes()))
        .toList();
  }
}
