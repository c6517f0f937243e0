package io.epicfhir.transform.documents;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bytes to text. A byte order mark decides, then the content type, then what the document says of
 * itself; without any of them, and where the bytes do not bear out a claim of UTF-8, the bytes
 * decide between UTF-8, UTF-16 and windows-1252. ISO-8859-1 is read as windows-1252, as browsers
 * do.
 */
final class TextDecoder {
  private static final Charset WINDOWS = Charset.forName("windows-1252");
  private static final int HEAD = 4096;
  private static final Pattern PARAMETER =
      Pattern.compile("(?i);\\s*charset\\s*=\\s*[\"']?([^\"';\\s]+)");
  private static final Pattern IN_MARKUP =
      Pattern.compile(
          "(?i)<meta[^>]{0,500}charset\\s*=\\s*[\"']?([\\w-]+)|<\\?xml[^>]{0,200}encoding\\s*=\\s*[\"']([\\w-]+)");

  private TextDecoder() {}

  /** Text, and the charset that it was read with. */
  record Decoded(String text, String charset) {}

  static Decoded decode(byte[] bytes, String contentType, boolean markup) {
    if (starts(bytes, 0xEF, 0xBB, 0xBF)) {
      return read(bytes, 3, StandardCharsets.UTF_8);
    }
    if (starts(bytes, 0xFF, 0xFE)) {
      return read(bytes, 2, StandardCharsets.UTF_16LE);
    }
    if (starts(bytes, 0xFE, 0xFF)) {
      return read(bytes, 2, StandardCharsets.UTF_16BE);
    }
    Charset declared =
        found(PARAMETER, contentType)
            .or(() -> markup ? inMarkup(bytes) : Optional.empty())
            .orElse(StandardCharsets.UTF_8);
    Charset wide = wide(bytes);
    if (wide != null) {
      return read(bytes, 0, wide);
    }
    Decoded read = read(bytes, 0, declared);
    boolean claim = declared.equals(StandardCharsets.UTF_8);
    return claim && mostlyBroken(read.text()) ? read(bytes, 0, WINDOWS) : read;
  }

  private static Decoded read(byte[] bytes, int from, Charset charset) {
    String text = new String(bytes, from, bytes.length - from, charset);
    return new Decoded(text, charset.name().toLowerCase(Locale.ROOT));
  }

  private static boolean starts(byte[] bytes, int... mark) {
    for (int i = 0; i < mark.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xFF) != mark[i]) {
        return false;
      }
    }
    return true;
  }

  /** What can be read as ASCII is not UTF-16, whatever it says. */
  private static Optional<Charset> inMarkup(byte[] bytes) {
    String head = new String(bytes, 0, Math.min(bytes.length, HEAD), StandardCharsets.ISO_8859_1);
    return found(IN_MARKUP, head).filter(charset -> !charset.name().startsWith("UTF-16"));
  }

  private static Optional<Charset> found(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      return Optional.empty();
    }
    String name = matcher.group(matcher.groupCount());
    return charset(name == null ? matcher.group(1) : name);
  }

  private static Optional<Charset> charset(String name) {
    try {
      Charset charset = Charset.forName(name);
      boolean latin =
          charset.equals(StandardCharsets.ISO_8859_1) || charset.equals(StandardCharsets.US_ASCII);
      return Optional.of(latin ? WINDOWS : charset);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return Optional.empty();
    }
  }

  /** UTF-16 without a mark: Latin text has a zero in every other byte. */
  private static Charset wide(byte[] bytes) {
    int length = Math.min(bytes.length, HEAD) & ~1;
    int even = 0;
    int odd = 0;
    for (int i = 0; i < length; i += 2) {
      even += bytes[i] == 0 ? 1 : 0;
      odd += bytes[i + 1] == 0 ? 1 : 0;
    }
    if (length < 4 || bytes.length % 2 != 0 || Math.max(even, odd) < length / 4) {
      return null;
    }
    return odd > even && even == 0
        ? StandardCharsets.UTF_16LE
        : even > odd && odd == 0 ? StandardCharsets.UTF_16BE : null;
  }

  /** Whether more of what is not ASCII is unreadable than readable. */
  private static boolean mostlyBroken(String text) {
    int broken = 0;
    int readable = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      broken += c == '\uFFFD' ? 1 : 0;
      readable += c >= 0x80 && c != '\uFFFD' ? 1 : 0;
    }
    return broken > readable;
  }
}
