package io.epicfhir.extract.source.http;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.DamagedBody;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * What a body holds, unpacked where it is gzip, within the limits of the settings: a few bytes must
 * not become more than any disk holds.
 */
final class PackedBody extends BlockStream {
  /** Blanks and repeats pack well; small bodies do no harm. */
  private static final long RATIO_FROM = 64L << 20;

  /** RFC 9110, 8.4.1.3: x-gzip is gzip. */
  private static final Set<String> GZIP = Set.of("gzip", "x-gzip");

  /** Codings that change nothing, and words that servers put in their place. */
  private static final Set<String> NONE =
      Set.of("", "identity", "none", "binary", "8bit", "7bit", "utf-8", "utf8", "aws-chunked");

  private final String what;
  private final GuardedBody packed;
  private final SourceSettings settings;
  private final boolean file;
  private long unpacked;

  private PackedBody(
      InputStream in, String what, GuardedBody packed, SourceSettings settings, boolean file) {
    super(in);
    this.file = file;
    this.what = what;
    this.packed = packed;
    this.settings = settings;
  }

  /**
   * Opens a body.
   *
   * @param what "verb thing", for messages
   * @param encoding the header Content-Encoding; may be empty
   * @throws BrokenBody for another encoding than gzip or identity
   */
  static InputStream open(String what, GuardedBody body, String encoding, SourceSettings settings)
      throws IOException {
    return new PackedBody(decoded(body, encoding), what, body, settings, false);
  }

  /**
   * Opens a body of NDJSON, in which no line begins as gzip does: stores of files give a {@code
   * .ndjson.gz} as it lies there, and do not say that it is packed.
   *
   * @throws DamagedBody where its gzip data are damaged, which no connection does
   */
  static InputStream lines(String what, GuardedBody body, String encoding, SourceSettings settings)
      throws IOException {
    try {
      InputStream in = new BufferedInputStream(decoded(body, encoding), 1 << 16);
      return new PackedBody(isGzip(in) ? unzipped(in) : in, what, body, settings, true);
    } catch (IOException e) {
      throw cause(e, body);
    }
  }

  private static InputStream decoded(InputStream body, String encoding) throws IOException {
    InputStream in = body;
    List<String> codings = List.of(encoding.toLowerCase(Locale.ROOT).trim().split("\\s*,\\s*"));
    for (int i = codings.size() - 1; i >= 0; i--) { // the last one was applied last
      String coding = codings.get(i);
      if (GZIP.contains(coding)) {
        in = unzipped(in);
      } else if (!NONE.contains(coding)) {
        throw new BrokenBody(
            "the body has an unknown Content-Encoding; ask the server's operator for gzip or identity");
      }
    }
    return in;
  }

  private static boolean isGzip(InputStream in) throws IOException {
    in.mark(2);
    boolean magic = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    return magic;
  }

  /** Checks the trailer, and takes all members of a concatenated stream. */
  private static InputStream unzipped(InputStream body) throws IOException {
    InputStream packed = new BufferedInputStream(body, 1 << 16);
    packed.mark(1);
    if (packed.read() < 0) {
      return packed; // a file without a line: there are servers that send no gzip of nothing
    }
    packed.reset();
    if (!isGzip(packed)) {
      throw new BrokenBody("its Content-Encoding says gzip, but the body is not gzip");
    }
    return GzipCompressorInputStream.builder()
        .setInputStream(packed)
        .setDecompressConcatenated(true)
        .get();
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int count = file ? unpack(buffer, offset, length) : in.read(buffer, offset, length);
    unpacked += Math.max(count, 0);
    if (unpacked > settings.maxFileSize()) {
      throw refused(
          "it is longer than source.max-file-size = " + settings.maxFileSize() + " bytes",
          "ask the server's operator for smaller files, or raise the limit");
    }
    if (unpacked > RATIO_FROM && unpacked / settings.maxGzipRatio() > packed.total()) {
      throw refused(
          "it unpacks to more than "
              + settings.maxGzipRatio()
              + " times its size (source.max-gzip-ratio)",
          "ask the server's operator why; raise the limit only if the file is right");
    }
    return count;
  }

  /** What a connection did not break is broken in what the server has. */
  private int unpack(byte[] buffer, int offset, int length) throws IOException {
    try {
      return in.read(buffer, offset, length);
    } catch (IOException e) {
      throw cause(e, packed);
    }
  }

  private static IOException cause(IOException e, GuardedBody packed) {
    return !packed.failed() && !(e instanceof BrokenBody)
        ? new DamagedBody("its gzip data are damaged or end too early")
        : e;
  }

  private JobException refused(String why, String nextStep) {
    return new JobException(ExitCode.REFUSED, "Cannot " + what + ": " + why + "; " + nextStep);
  }
}
