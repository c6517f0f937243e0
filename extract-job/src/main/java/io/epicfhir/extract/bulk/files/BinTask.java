package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.bronze.BronzeLine;
import io.epicfhir.extract.bronze.BronzeRows;
import io.epicfhir.extract.bronze.QuarantineCut;
import io.epicfhir.extract.bronze.QuarantineRows;
import io.epicfhir.extract.bronze.QuarantinedLine;
import io.epicfhir.extract.bronze.RollingParquet;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.bulk.manifest.FileKind;
import io.epicfhir.extract.bulk.manifest.FileLabel;
import io.epicfhir.extract.bulk.manifest.FileToken;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.crawl.references.FileReferences;
import io.epicfhir.extract.crawl.references.ReferenceFinder;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.SourceClients;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Traffic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.executor.InputMetrics;
import org.apache.spark.util.SerializableConfiguration;

/**
 * One Spark task: takes the files of a bin from the server and writes them to the staging folder,
 * each with a receipt when it is whole. No name is used twice, so attempts never meet; only files
 * that a receipt names are used. A failure that a new attempt would only repeat is a result too:
 * the driver ends the run, Spark does not try again.
 */
final class BinTask implements Function<Integer, String> {
  private static final long serialVersionUID = 1L;

  private static final Set<Integer> EXPIRED = Set.of(400, 401, 403);

  private final ArrayList<Bin> bins;
  private final ReferenceFinder finder;
  private final Target target;
  private final SerializableConfiguration hadoop;

  /**
   * Where to and how; no secret in it.
   *
   * @param settingsFile from which an executor builds its own client
   * @param exportId the export
   * @param lake the lake's root
   * @param staging the folder to write to
   * @param transactionTime of the export's manifest
   * @param fileToken which files want the access token
   * @param targetSize bytes a Parquet file should reach
   * @param maxLine bytes of the longest line
   * @param jvms how many JVMs work on the export
   */
  record Target(
      String settingsFile,
      String exportId,
      String lake,
      String staging,
      Instant transactionTime,
      FileToken fileToken,
      long targetSize,
      int maxLine,
      int jvms)
      implements java.io.Serializable {}

  BinTask(List<Bin> bins, ReferenceFinder finder, Target target, SerializableConfiguration hadoop) {
    this.bins = new ArrayList<>(bins);
    this.finder = finder;
    this.target = target;
    this.hadoop = hadoop;
  }

  @Override
  public String call(Integer number) {
    return Json.write(take(bins.get(number)));
  }

  private Lake lake() {
    return new Lake(new LakePaths(target.lake()), hadoop.value());
  }

  private BinResult take(Bin bin) {
    Traffic traffic = new Traffic();
    Receipts receipts = new Receipts(lake(), new Path(target.staging()), target.transactionTime());
    OptOuts optOuts = receipts.optOuts();
    List<FileReceipt> files = new ArrayList<>();
    BinResult.Failure failure = null;
    try {
      SourceClient client = SourceClients.of(target.settingsFile(), target.jvms());
      for (RemoteFile file : bin.files()) {
        // An attempt that lost its executor may have got this far.
        Optional<FileReceipt> known = receipts.find(file);
        files.add(
            known.isPresent()
                ? known.get()
                : take(client, file, traffic, receipts, optOuts.copy()));
      }
    } catch (GoneFile e) {
      failure = BinResult.Failure.gone(e);
    } catch (JobException e) {
      failure = BinResult.Failure.of(e);
    }
    return new BinResult(files, traffic.sums(), failure);
  }

  private FileReceipt take(
      SourceClient client, RemoteFile file, Traffic traffic, Receipts receipts, OptOuts optOuts) {
    long begin = System.nanoTime();
    Ask plain =
        Ask.get(
            "download file " + FileLabel.of(file.type(), file.name()),
            file.url(),
            "application/fhir+ndjson");
    boolean atHome = client.atHome(file.url());
    boolean token = target.fileToken().goesTo(atHome);
    Ask ask = token ? plain.withToken() : plain;
    String name = UUID.randomUUID().toString();
    try (RollingParquet<BronzeLine> bronze = bronze(name);
        RollingParquet<QuarantinedLine> quarantine = quarantine(name);
        FileReferences references = references(file, name)) {
      FileIntake intake =
          new FileIntake(file, target.maxLine(), bronze, quarantine, references, optOuts);
      download(client, ask, traffic, intake, !token || !atHome);
      references.finish();
      Failpoint.at("download.file");
      List<StagedFile> rejected = staged(file, quarantine.written());
      FileReceipt receipt =
          new FileReceipt(
                  intake.result((System.nanoTime() - begin) / 1_000_000),
                  staged(file, bronze.written()),
                  rejected,
                  target.transactionTime())
              .without(new QuarantineCut(lake()).without(rejected, intake.stayingOut()));
      Failpoint.at("download.staged");
      receipts.write(receipt);
      Failpoint.at("download.receipt");
      tell(receipt.result());
      return receipt;
    }
  }

  /**
   * Stores of files answer 400 or 403 where a signature has expired, which is no word about the
   * client's rights. A gateway's web page is no word about the file at all, whatever its status.
   *
   * @param signed whether the link itself is what opens the file
   */
  private static void download(
      SourceClient client, Ask ask, Traffic traffic, FileIntake intake, boolean signed) {
    try {
      client.download(ask, traffic, intake);
    } catch (JobException e) {
      boolean expired =
          signed && ServerRefusal.of(e).filter(r -> EXPIRED.contains(r.status())).isPresent();
      if (expired || ServerRefusal.gone(e) || ServerRefusal.byGateway(e)) {
        throw new GoneFile(e);
      }
      throw e;
    }
  }

  /** With these, Spark's figures distinguish a heavy partition from a slow host. */
  private static void tell(FileResult came) {
    InputMetrics metrics = TaskContext.get().taskMetrics().inputMetrics();
    metrics.incRecordsRead(came.received());
    metrics.incBytesRead(came.bytes());
  }

  private FileReferences references(RemoteFile file, String name) {
    return finder.of(file.type(), hadoop.value(), new Path(target.staging()), name);
  }

  private RollingParquet<BronzeLine> bronze(String name) {
    return new RollingParquet<>(
        hadoop.value(),
        n -> new Path(target.staging(), name + "-" + n + ".parquet"),
        () -> new BronzeRows(target.exportId()),
        "resource",
        target.targetSize());
  }

  private RollingParquet<QuarantinedLine> quarantine(String name) {
    return new RollingParquet<>(
        hadoop.value(),
        n -> new Path(target.staging(), name + "-" + n + ".quarantine.parquet"),
        QuarantineRows::new,
        "line",
        target.targetSize());
  }

  private static List<StagedFile> staged(RemoteFile file, List<RollingParquet.Written> written) {
    Landing.Kind kind =
        file.kind() == FileKind.DELETED ? Landing.Kind.DELETIONS : Landing.Kind.RESOURCES;
    return written.stream()
        .map(w -> new StagedFile(file.type(), kind, w.path().toString(), w.rows(), w.bytes()))
        .toList();
  }
}
