package io.epicfhir.extract.source.http;

import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.TooLong;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.http.HttpResponse;

/** Opens the bodies of answers: counted, guarded, and unpacked within the limits. */
public final class Bodies {
  /** More than any manifest: a million files at 64 bytes. */
  static final int LONGEST_SMALL = 64 << 20;

  /** More than any CapabilityStatement or configuration. */
  public static final int LONGEST_METADATA = 16 << 20;

  /** More than any token, or any reason for a refusal. */
  public static final int LONGEST_REASON = 1 << 20;

  private static final byte[] UNREADABLE_REASON =
      "a reason that cannot be read".getBytes(StandardCharsets.UTF_8);

  private final SourceSettings settings;

  public Bodies(SourceSettings settings) {
    this.settings = settings;
  }

  /** An NDJSON file as a stream; one that is packed is unpacked, whatever its header says. */
  public InputStream lines(String what, HttpResponse response, Traffic traffic) throws IOException {
    if (response.getEntity() == null) {
      return InputStream.nullInputStream();
    }
    GuardedBody body =
        new GuardedBody(response.getEntity().getContent(), traffic, settings.idleTimeout());
    return PackedBody.lines(what, body, encoding(response), settings);
  }

  private InputStream open(String what, HttpResponse response, InputStream raw, Traffic traffic)
      throws IOException {
    GuardedBody body =
        new GuardedBody(raw, traffic, settings.idleTimeout(), settings.retryBudget());
    return PackedBody.open(what, body, encoding(response), settings);
  }

  /** A small answer, read to its end. */
  public Reply small(String what, HttpResponse response, Traffic traffic) throws IOException {
    return whole(what, response, traffic, LONGEST_SMALL);
  }

  /**
   * An answer, read to its end.
   *
   * @throws TooLong where it is longer than so many bytes, unpacked
   */
  public Reply whole(String what, HttpResponse response, Traffic traffic, int longest)
      throws IOException {
    if (response.getEntity() == null) {
      return new Reply(response, new byte[0]);
    }
    PushbackInputStream raw = new PushbackInputStream(response.getEntity().getContent(), 1);
    if (response.getStatusLine().getStatusCode() >= 400) {
      return new Reply(response, reason(what, response, raw, traffic));
    }
    if (isEmpty(raw)) {
      return new Reply(response, new byte[0]); // an answer of 202 may be named gzip and be empty
    }
    InputStream in = open(what, response, raw, traffic);
    byte[] bytes = json(response, upTo(in, longest), longest);
    raw.close();
    return new Reply(response, bytes);
  }

  private static boolean isEmpty(PushbackInputStream body) throws IOException {
    int first = body.read();
    if (first >= 0) {
      body.unread(first);
    }
    return first < 0;
  }

  /** Of a refusal the status counts, also where its reason cannot be unpacked. */
  private byte[] reason(
      String what, HttpResponse response, PushbackInputStream raw, Traffic traffic)
      throws IOException {
    try {
      if (isEmpty(raw)) {
        return new byte[0];
      }
      InputStream in = open(what, response, raw, traffic);
      // What is longer gives no reason; closing the stream, not the answer, would read it all.
      return json(response, in.readNBytes(LONGEST_REASON), LONGEST_REASON);
    } catch (BrokenBody e) {
      return UNREADABLE_REASON;
    }
  }

  private static byte[] json(HttpResponse response, byte[] bytes, int longest) throws IOException {
    String type = Reply.contentType(response);
    boolean unsaid = type.contains("json") && packed(bytes);
    byte[] text = unsaid ? unpacked(bytes, longest) : bytes;
    boolean json = type.contains("json") || (type.isEmpty() && opensJson(text));
    return json ? JsonText.utf8(text, type) : text;
  }

  private static boolean packed(byte[] bytes) {
    return bytes.length > 2 && bytes[0] == 0x1f && (bytes[1] & 0xff) == 0x8b;
  }

  /** Behind a byte order mark, and in UTF-16 too. */
  private static boolean opensJson(byte[] bytes) {
    for (int i = 0; i < Math.min(bytes.length, 5); i++) {
      if (bytes[i] > ' ') {
        return bytes[i] == '{' || bytes[i] == '[';
      }
    }
    return false;
  }

  /** A file that is named as packed, and not by its encoding, is packed all the same. */
  private static String encoding(HttpResponse response) {
    String named = Reply.header(response, "Content-Encoding").orElse("");
    boolean gzip = Reply.contentType(response).matches("application/(x-)?gzip(;.*)?");
    return named.isBlank() && gzip ? "gzip" : named;
  }

  private static byte[] unpacked(byte[] packed, int longest) throws IOException {
    try (InputStream in =
        GzipCompressorInputStream.builder()
            .setInputStream(new ByteArrayInputStream(packed))
            .setDecompressConcatenated(true)
            .get()) {
      return upTo(in, longest);
    }
  }

  private static byte[] upTo(InputStream in, int longest) throws IOException {
    byte[] bytes = in.readNBytes(longest == Integer.MAX_VALUE ? longest : longest + 1);
    if (bytes.length > longest) {
      throw new TooLong(longest);
    }
    return bytes;
  }
}
