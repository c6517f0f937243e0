package io.epicfhir.extract.crawl.index;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** An entry of an index as bytes, in the format of this version and of those before it. */
final class SeenFormat {
  /** Of the files that are written. */
  static final int NEWEST = 3;

  /** Did not tell the media types of documents. */
  private static final int SECOND = 2;

  /** Did not tell which resources were only confirmed, either. */
  private static final int FIRST = 1;

  private SeenFormat() {}

  static int required(int format) throws IOException {
    if (format < FIRST || format > NEWEST) {
      throw new IOException("another format");
    }
    return format;
  }

  static CrawlIndex.Seen read(DataInputStream in, int format) throws IOException {
    return new CrawlIndex.Seen(
        TextBytes.read(in),
        TextBytes.read(in),
        TextBytes.read(in),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        format > FIRST && in.readBoolean(),
        format > SECOND ? TextBytes.read(in) : "");
  }

  static void write(DataOutputStream out, CrawlIndex.Seen seen) throws IOException {
    TextBytes.write(out, seen.id());
    TextBytes.write(out, seen.patient());
    TextBytes.write(out, seen.search());
    out.writeLong(seen.high());
    out.writeLong(seen.low());
    out.writeLong(seen.readAt());
    out.writeBoolean(seen.confirmed());
    TextBytes.write(out, seen.mediaType());
  }
}
