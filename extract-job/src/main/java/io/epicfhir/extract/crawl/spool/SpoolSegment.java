package io.epicfhir.extract.crawl.spool;

import java.io.IOException;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Appends records of one type. Where the file system can, each is with the operating system or the
 * data nodes when append returns; an object store shows a file when it is closed, so there a file
 * is closed every few seconds or megabytes.
 */
final class SpoolSegment {
  /** The stream capability's name. */
  private static final String FLUSHES = "hflush";

  private static final long MOST_BYTES = 8 << 20;
  private static final long MOST_NANOS = 5_000_000_000L;

  private final FileSystem fs;
  private final Supplier<Path> names;
  private FSDataOutputStream out;
  private boolean flushes;
  private long opened;
  private long bytes;

  SpoolSegment(FileSystem fs, Supplier<Path> names) {
    this.fs = fs;
    this.names = names;
  }

  synchronized void append(byte[] record) throws IOException {
    if (out == null) {
      out = fs.create(names.get(), false);
      flushes = out.hasCapability(FLUSHES);
      opened = System.nanoTime();
      bytes = 0;
    }
    out.write(record);
    bytes += record.length;
    if (flushes) {
      out.hflush();
    } else if (bytes >= MOST_BYTES || System.nanoTime() - opened >= MOST_NANOS) {
      close();
    }
  }

  synchronized void close() throws IOException {
    if (out != null) {
      FSDataOutputStream closing = out;
      out = null;
      closing.close();
    }
  }
}
