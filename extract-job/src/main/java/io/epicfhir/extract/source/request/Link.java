package io.epicfhir.extract.source.request;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A link as a server wrote it: resolved by RFC 3986, and asked for byte for byte. A signature or a
 * session hangs on its bytes, so nothing is decoded, encoded anew or normalised.
 *
 * <p>{@link URI} refuses characters that servers write all the same (a raw bar, braces, a single
 * percent sign). In a URI of this class each stands as its twin in Unicode's private use area, and
 * {@link #target} gives it back. Blanks and characters beyond ASCII cannot stand in a request line:
 * they are percent-encoded.
 */
public final class Link {
  private static final Pattern PARTS =
      Pattern.compile(
          "(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\\?([^#]*))?(?:#.*)?",
          Pattern.DOTALL);
  private static final Pattern AUTHORITY = Pattern.compile("[A-Za-z0-9.:\\[\\]_~-]+");
  private static final String PLAIN = "-_.!~*'():@&=+$,;/?";
  private static final int TWINS = 0xE000;

  private Link() {}

  /** Reads an absolute link. */
  public static URI absolute(String link) {
    Matcher parts = parts(link);
    if (parts.group(1) == null || parts.group(2) == null) {
      throw new IllegalArgumentException("not an absolute link");
    }
    return uri(parts.group(1), parts.group(2), parts.group(3), parts.group(4));
  }

  /**
   * Resolves a link against the request that brought it (RFC 3986, 5.2).
   *
   * @throws IllegalArgumentException where it cannot be read; the message does not quote it
   */
  public static URI resolve(URI base, String link) {
    Matcher parts = parts(link);
    String authority = parts.group(2);
    String path = parts.group(3);
    String query = parts.group(4);
    if (parts.group(1) != null && authority != null) {
      return uri(parts.group(1), authority, path, query);
    }
    if (parts.group(1) != null) {
      throw new IllegalArgumentException("a link of another kind than http");
    }
    if (authority != null) {
      return uri(base.getScheme(), authority, withoutDots(path), query);
    }
    String basePath = original(base.getRawPath());
    if (path.isEmpty()) {
      String kept = query == null && base.getRawQuery() != null ? base.getRawQuery() : null;
      return uri(
          base.getScheme(),
          base.getRawAuthority(),
          basePath,
          kept == null ? query : original(kept));
    }
    String merged =
        path.startsWith("/")
            ? path
            : (basePath.isEmpty() ? "/" : basePath.substring(0, basePath.lastIndexOf('/') + 1))
                + path;
    return uri(base.getScheme(), base.getRawAuthority(), withoutDots(merged), query);
  }

  /** What stands in the request line: path and query, as the server wrote them. */
  public static String target(URI url) {
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    return original(path) + (url.getRawQuery() == null ? "" : "?" + original(url.getRawQuery()));
  }

  /** A text as a step of a path, or as a value in a query. */
  public static String component(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A link's path, as the server wrote it. */
  public static String path(URI url) {
    return original(url.getRawPath());
  }

  /** The whole link, as the server wrote it. */
  public static String written(URI url) {
    return original(url.toString());
  }

  private static Matcher parts(String link) {
    Matcher parts = PARTS.matcher(link.strip());
    if (link.isBlank() || !parts.matches()) {
      throw new IllegalArgumentException("not a link");
    }
    return parts;
  }

  private static URI uri(String scheme, String authority, String path, String query) {
    boolean http = scheme.toLowerCase(Locale.ROOT).matches("https?");
    if (!http || !AUTHORITY.matcher(authority).matches()) {
      throw new IllegalArgumentException("not a link to a web server");
    }
    return URI.create(
        scheme + "://" + authority + readable(path) + (query == null ? "" : "?" + readable(query)));
  }

  /** As URI can hold it. */
  private static String readable(String written) {
    StringBuilder text = new StringBuilder(written.length() + 16);
    for (int i = 0; i < written.length(); ) {
      int c = written.codePointAt(i);
      if (c <= 0x20 || c >= 0x7f) {
        for (byte one : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
          text.append('%').append(String.format("%02X", one & 0xff));
        }
      } else if (Character.isLetterOrDigit(c) || PLAIN.indexOf(c) >= 0 || encoded(written, i)) {
        text.append((char) c);
      } else {
        text.append((char) (TWINS + c));
      }
      i += Character.charCount(c);
    }
    return text.toString();
  }

  private static boolean encoded(String text, int at) {
    return text.charAt(at) == '%'
        && at + 2 < text.length()
        && Character.digit(text.charAt(at + 1), 16) >= 0
        && Character.digit(text.charAt(at + 2), 16) >= 0;
  }

  /** As the server wrote it; a URI that is not of this class may hold characters beyond ASCII. */
  private static String original(String readable) {
    StringBuilder text = new StringBuilder(readable.length());
    readable
        .codePoints()
        .forEach(
            c -> {
              if (c > TWINS && c < TWINS + 0x7f) {
                text.append((char) (c - TWINS));
              } else if (c < 0x7f) {
                text.append((char) c);
              } else {
                text.append(readable(Character.toString(c)));
              }
            });
    return text.toString();
  }

  /** RFC 3986, 5.2.4: dot segments go, empty segments stay. */
  private static String withoutDots(String path) {
    StringBuilder in = new StringBuilder(path);
    StringBuilder out = new StringBuilder();
    while (in.length() > 0) {
      if (starts(in, "../") || starts(in, "./")) {
        in.delete(0, in.indexOf("/") + 1);
      } else if (starts(in, "/./") || in.toString().equals("/.")) {
        in.replace(0, Math.min(3, in.length()), "/");
      } else if (starts(in, "/../") || in.toString().equals("/..")) {
        in.replace(0, Math.min(4, in.length()), "/");
        out.setLength(Math.max(0, out.lastIndexOf("/")));
      } else if (in.toString().equals(".") || in.toString().equals("..")) {
        in.setLength(0);
      } else {
        int end = in.indexOf("/", 1);
        out.append(in, 0, end < 0 ? in.length() : end);
        in.delete(0, end < 0 ? in.length() : end);
      }
    }
    return out.toString();
  }

  private static boolean starts(StringBuilder text, String prefix) {
    return text.length() >= prefix.length() && text.substring(0, prefix.length()).equals(prefix);
  }
}
