package io.epicfhir.sandbox.bulk;

import io.epicfhir.sandbox.http.FastGzip;
import io.epicfhir.sandbox.http.Piece;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Bodies that were compressed ahead, so that a benchmark measures the client and no gzip. */
final class GzipFiles {
  private final Map<List<Piece>, Piece> compressed = new ConcurrentHashMap<>();
  private final Path folder;

  GzipFiles(Path folder) {
    this.folder = folder;
  }

  /** Once for equal bodies, on all cores. */
  void compress(List<ExportFile> files) {
    files.parallelStream()
        .forEach(file -> compressed.computeIfAbsent(file.pieces(), this::compressed));
  }

  Optional<Piece> find(ExportFile file) {
    return Optional.ofNullable(compressed.get(file.pieces()));
  }

  private Piece compressed(List<Piece> pieces) {
    try {
      Path file = Files.createTempFile(folder, "export", ".gz");
      try (OutputStream gzip = new FastGzip(Files.newOutputStream(file))) {
        for (Piece piece : pieces) {
          piece.writeTo(gzip);
        }
      }
      return new Piece.FileRange(file, 0, Files.size(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
