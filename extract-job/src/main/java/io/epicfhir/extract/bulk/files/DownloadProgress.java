package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.Progress;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** How far a download is, wherever its tasks run: what has a receipt is done. */
public final class DownloadProgress implements Supplier<Progress.Reading> {
  private final Receipts receipts;
  private final Manifest manifest;
  private final IntSupplier inFlight;
  private final Set<String> seen = new HashSet<>();
  private int files;
  private long resources;
  private long bytes;

  public DownloadProgress(Receipts receipts, Manifest manifest, IntSupplier inFlight) {
    this.receipts = receipts;
    this.manifest = manifest;
    this.inFlight = inFlight;
  }

  @Override
  public synchronized Progress.Reading get() {
    if (receipts.count() > files) {
      for (RemoteFile file : manifest.files()) {
        Optional<FileReceipt> receipt =
            seen.contains(file.name()) ? Optional.empty() : receipts.find(file);
        receipt.ifPresent(this::add);
      }
    }
    return new Progress.Reading(
        files, manifest.files().size(), resources, bytes, inFlight.getAsInt(), 0);
  }

  private void add(FileReceipt receipt) {
    seen.add(receipt.result().name());
    files++;
    resources += receipt.result().received();
    bytes += receipt.result().bytes();
  }
}
