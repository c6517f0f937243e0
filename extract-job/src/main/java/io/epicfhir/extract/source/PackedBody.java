package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * What a body holds, unpacked where it is gzip, within the limits of the settings: a few bytes must
 * not become more than any disk holds.
 */
final class PackedBody extends FilterInputStream {
  /** Blanks and repeats pack well; small bodies do no harm. */
  private static final long RATIO_FROM = 64L << 20;

  private final String what;
  private final GuardedBody packed;
  private final SourceSettings settings;
  private long unpacked;

  private PackedBody(InputStream in, String what, GuardedBody packed, SourceSettings settings) {
    super(in);
    this.what = what;
    this.packed = packed;
    this.settings = settings;
  }

  /**
   * Opens a body.
   *
   * @param what "verb thing", for messages
   * @param encoding the header Content-Encoding
   * @throws JobException {@link ExitCode#REFUSED} for another encoding than gzip or identity
   */
  static InputStream open(String what, GuardedBody body, String encoding, SourceSettings settings)
      throws IOException {
    return switch (encoding) {
      case "gzip" -> new PackedBody(unzipped(body), what, body, settings);
      case "identity" -> new PackedBody(body, what, body, settings);
      default ->
          throw new JobException(
              ExitCode.REFUSED,
              "Cannot "
                  + what
                  + ": unknown Content-Encoding; let the server send gzip or identity");
    };
  }

  /** Checks the trailer, and takes all members of a concatenated stream. */
  private static InputStream unzipped(InputStream body) throws IOException {
    InputStream packed = new BufferedInputStream(body, 1 << 16);
    packed.mark(2);
    boolean magic = packed.read() == 0x1f && packed.read() == 0x8b;
    packed.reset();
    if (!magic) {
      throw new BrokenBody("the body is not gzip, which its Content-Encoding says it is");
    }
    return GzipCompressorInputStream.builder()
        .setInputStream(packed)
        .setDecompressConcatenated(true)
        .get();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int count = super.read(buffer, offset, length);
    unpacked += Math.max(count, 0);
    if (unpacked > settings.maxFileSize()) {
      throw refused("it is longer than source.max-file-size = " + settings.maxFileSize());
    }
    if (unpacked > RATIO_FROM && unpacked / settings.maxGzipRatio() > packed.total()) {
      throw refused(
          "it unpacks to more than source.max-gzip-ratio = "
              + settings.maxGzipRatio()
              + " times its size");
    }
    return count;
  }

  private JobException refused(String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot " + what + ": " + why + " bytes; ask the server's operator, or raise the limit");
  }
}
