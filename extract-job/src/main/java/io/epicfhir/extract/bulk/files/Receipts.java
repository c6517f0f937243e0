package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Json;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.bronze.LateOptOuts;
import io.epicfhir.extract.bronze.OthersNow;
import io.epicfhir.extract.bronze.QuarantineCut;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.bulk.manifest.FileLabel;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.crawl.references.BulkHydration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Which files of an export are taken in: a small JSON for each, written when its Parquet files are
 * whole. After a crash only what has no receipt is asked for again.
 */
public final class Receipts {
  private final Lake lake;
  private final Path staging;
  private final Instant transactionTime;
  private final OthersNow others;

  /**
   * Of an export, as its manifest of now has it.
   *
   * @param staging the export's staging folder
   * @param transactionTime by the manifest
   */
  public Receipts(Lake lake, Path staging, Instant transactionTime) {
    this.lake = lake;
    this.staging = staging;
    this.transactionTime = transactionTime;
    this.others = new OthersNow(lake, BulkHydration.folder(staging));
  }

  /** The opt-out list, for files that were made before what is read by reference. */
  OptOuts optOuts() {
    return others.list();
  }

  void write(FileReceipt receipt) {
    lake.write(file(receipt.result().name()), Json.write(receipt));
  }

  /** The receipt of a file, where all that it names is there. */
  public Optional<FileReceipt> find(RemoteFile remote) {
    return told(remote).filter(receipt -> receipt.bronze().stream().allMatch(this::isThere));
  }

  /**
   * The receipt of a file, wherever its Parquet files are by now. A receipt of another manifest
   * counts only if that says the same about the file: a server that made the export again has the
   * same names with other contents.
   */
  public Optional<FileReceipt> told(RemoteFile remote) {
    Path file = file(remote.name());
    return lake.read(file)
        .map(text -> Json.read(text, FileReceipt.class, file.toString()))
        .filter(receipt -> transactionTime.equals(receipt.transactionTime()))
        .filter(receipt -> receipt.result().isOf(remote));
  }

  /** Forgets a file, so that it is asked for again. */
  public void drop(FileReceipt receipt) {
    lake.delete(file(receipt.result().name()));
  }

  /**
   * Takes in the files, and once more what may lack something because a resource was on the list
   * that the export has as another patient's: documents and others' deletions of it.
   *
   * @param take takes in what has no receipt
   */
  public List<FileReceipt> settled(Supplier<List<FileReceipt>> take) {
    List<FileReceipt> receipts = take.get();
    while (released(receipts)) {
      receipts = take.get();
    }
    return withoutOptOuts(receipts);
  }

  private boolean released(List<FileReceipt> receipts) {
    Set<String> released = new HashSet<>();
    receipts.forEach(receipt -> released.addAll(receipt.result().released()));
    if (released.isEmpty()) {
      return false;
    }
    release(released, receipts);
    return true;
  }

  /**
   * Takes resources from the list, and has files that may lack something because of them taken in
   * once more: also where this breaks off.
   *
   * @param released hashes of the resources
   */
  public void release(Set<String> released, List<FileReceipt> receipts) {
    receipts.stream().filter(receipt -> receipt.result().mayLack()).forEach(this::drop);
    Failpoint.at("optout.released");
    new OptOutList(lake).release(released);
  }

  /**
   * The same without rows, and lines in quarantine, that name nobody but by a resource that stayed
   * out, which is known only when all files are there.
   */
  private List<FileReceipt> withoutOptOuts(List<FileReceipt> receipts) {
    Set<String> learned = new HashSet<>();
    receipts.forEach(receipt -> learned.addAll(receipt.result().learned()));
    if (learned.isEmpty()) {
      return receipts;
    }
    List<StagedFile> all = receipts.stream().flatMap(r -> r.bronze().stream()).toList();
    Map<String, LateOptOuts.Left> settled = new LateOptOuts(lake, others).settle(all, learned);
    OptOuts optOuts = optOuts();
    QuarantineCut cut = new QuarantineCut(lake);
    List<FileReceipt> without =
        receipts.stream()
            .map(r -> r.without(settled).without(cut.without(r.quarantine(), optOuts)))
            .toList();
    without.stream().filter(receipt -> !receipts.contains(receipt)).forEach(this::write);
    removeReplaced(receipts, without);
    return without;
  }

  private void removeReplaced(List<FileReceipt> before, List<FileReceipt> now) {
    Set<StagedFile> left = new HashSet<>();
    now.forEach(receipt -> left.addAll(receipt.quarantine()));
    before.stream()
        .flatMap(receipt -> receipt.quarantine().stream())
        .filter(file -> !left.contains(file))
        .forEach(file -> lake.delete(new Path(file.path())));
  }

  /** How many there are. */
  int count() {
    return lake.list(folder()).size();
  }

  /** Removes the Parquet files that no receipt names: attempts that broke off left them. */
  public void removeUnnamed(List<FileReceipt> receipts) {
    Set<String> named = new HashSet<>();
    for (FileReceipt receipt : receipts) {
      receipt.bronze().forEach(f -> named.add(new Path(f.path()).getName()));
      receipt.quarantine().forEach(f -> named.add(new Path(f.path()).getName()));
    }
    for (FileStatus file : lake.list(staging)) {
      if (file.isFile() && !named.contains(file.getPath().getName())) {
        lake.delete(file.getPath());
      }
    }
  }

  private boolean isThere(StagedFile staged) {
    return lake.length(new Path(staged.path())).filter(n -> n == staged.bytes()).isPresent();
  }

  private Path folder() {
    return new Path(staging, "receipts");
  }

  private Path file(String name) {
    return new Path(folder(), FileLabel.digest(name) + ".json");
  }
}
