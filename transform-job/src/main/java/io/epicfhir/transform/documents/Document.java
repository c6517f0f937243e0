package io.epicfhir.transform.documents;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** A document as FHIR carries it: bytes in base64, and what the sender says that they are. */
public final class Document {
  /** The longest document whose text is read, in bytes. */
  static final int MAX_BYTES = 48 << 20;

  private final byte[] bytes;

  private Document(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A document in base64; line breaks and spaces in it do not matter. */
  public static Document ofBase64(byte[] base64) {
    return new Document(Base64Bytes.decoded(base64));
  }

  static Document ofBytes(byte[] bytes) {
    return new Document(bytes);
  }

  /** How many bytes it has; -1 where they are not base64. */
  public int size() {
    return bytes == null ? -1 : bytes.length;
  }

  /** SHA-256 of the bytes in hexadecimal digits; null where they are not base64. */
  public String sha256() {
    if (bytes == null) {
      return null;
    }
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /**
   * Its text. Time and memory grow with the bytes, whatever they hold; nothing in them is fetched
   * or expanded.
   *
   * @param contentType such as text/html; charset=utf-8; empty where the sender does not say
   */
  public PlainText plainText(String contentType) {
    return plainText(contentType, true);
  }

  /**
   * @param outer false for a document in a document: none of its own are opened
   */
  PlainText plainText(String contentType, boolean outer) {
    if (bytes == null) {
      return PlainText.none(PlainText.NOT_BASE64);
    }
    if (bytes.length == 0) {
      return PlainText.none(PlainText.EMPTY);
    }
    String type = contentType.replaceAll(";.*", "").strip().toLowerCase(Locale.ROOT);
    Format format = Format.of(type, start());
    if (!format.problem().isEmpty()) {
      return PlainText.none(format.problem());
    }
    if (bytes.length > MAX_BYTES) {
      return PlainText.none(PlainText.TOO_LARGE);
    }
    if (format == Format.RTF) {
      return RtfText.of(bytes);
    }
    if (format == Format.PDF) {
      return PdfText.of(bytes);
    }
    TextDecoder.Decoded read = TextDecoder.decode(bytes, contentType, format != Format.PLAIN);
    return switch (format) {
      case HTML -> PlainText.of(HtmlText.of(read.text()), true, read.charset());
      case XML -> XmlText.of(read, outer);
      default -> PlainText.of(lines(read.text()), true, read.charset());
    };
  }

  /** The first characters without a byte order mark, in lower case; for detecting the format. */
  private String start() {
    int length = Math.min(bytes.length, 1024);
    String start = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    return start
        .replace("\0", "")
        .replaceFirst("^[\u00EF\u00BB\u00BF\u00FE\u00FF]+", "")
        .stripLeading()
        .toLowerCase(Locale.ROOT);
  }

  /** One LF ends a line, however the sender ends it. */
  private static String lines(String text) {
    return text.replace("\r\n", "\n").replace('\r', '\n');
  }
}
