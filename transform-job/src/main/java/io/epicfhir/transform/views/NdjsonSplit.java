package io.epicfhir.transform.views;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A piece of an NDJSON file on the local disk. A line belongs to the piece that it begins in.
 *
 * @param file the file's path
 * @param start offset of the piece's first byte
 * @param end offset behind its last
 */
record NdjsonSplit(String file, long start, long end) implements Serializable {
  private static final long LEAST = 1 << 20;

  /** Pieces a core: views run side by side, so that a core which is done has another to do. */
  private static final int A_CORE = 1;

  /** Cuts files into pieces of about the same size, the largest first. */
  static List<NdjsonSplit> of(List<Path> files, int cores) {
    long bytes = files.stream().mapToLong(NdjsonSplit::size).sum();
    long piece = Math.max(LEAST, bytes / ((long) cores * A_CORE) + 1);
    List<NdjsonSplit> splits = new ArrayList<>();
    for (Path file : files) {
      long size = size(file);
      for (long start = 0; start < size; start += piece) {
        splits.add(new NdjsonSplit(file.toString(), start, Math.min(size, start + piece)));
      }
    }
    // The largest first, so that no core waits long for the other's last one.
    splits.sort(Comparator.comparingLong((NdjsonSplit split) -> split.start() - split.end()));
    return splits;
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }
}
