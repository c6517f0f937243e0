package io.epicfhir.extract.source.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * JSON as UTF-8 without a byte order mark, whatever a server sent. RFC 8259 knows nothing but
 * UTF-8, so what reads as UTF-8 is UTF-8, whatever charset the header names; many name one by
 * default.
 */
final class JsonText {
  private static final Pattern CHARSET =
      Pattern.compile("charset\\s*=\\s*\"?([A-Za-z0-9._:-]+)", Pattern.CASE_INSENSITIVE);

  private JsonText() {}

  /**
   * @param contentType the header; may be empty
   */
  static byte[] utf8(byte[] bytes, String contentType) {
    if (starts(bytes, 0xef, 0xbb, 0xbf)) {
      return Arrays.copyOfRange(bytes, 3, bytes.length);
    }
    Charset marked =
        starts(bytes, 0xfe, 0xff)
            ? StandardCharsets.UTF_16BE
            : starts(bytes, 0xff, 0xfe) ? StandardCharsets.UTF_16LE : null;
    if (marked != null) {
      return new String(bytes, 2, bytes.length - 2, marked).getBytes(StandardCharsets.UTF_8);
    }
    if (bytes.length >= 2 && (bytes[0] == 0 || bytes[1] == 0)) { // JSON begins in ASCII
      Charset wide = bytes[0] == 0 ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE;
      return new String(bytes, wide).getBytes(StandardCharsets.UTF_8);
    }
    Charset named = charset(contentType);
    return named == null || isUtf8(bytes)
        ? bytes
        : new String(bytes, named).getBytes(StandardCharsets.UTF_8);
  }

  private static Charset charset(String contentType) {
    Matcher found = CHARSET.matcher(contentType);
    if (!found.find() || found.group(1).toLowerCase(Locale.ROOT).matches("utf-?8|us-ascii")) {
      return null;
    }
    try {
      return Charset.forName(found.group(1));
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return null;
    }
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static boolean starts(byte[] bytes, int... mark) {
    for (int i = 0; i < mark.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xff) != mark[i]) {
        return false;
      }
    }
    return true;
  }
}
