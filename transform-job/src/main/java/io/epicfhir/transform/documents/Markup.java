package io.epicfhir.transform.documents;

import java.util.Locale;
import java.util.Set;

/**
 * Reads HTML or XML from left to right, without a tree: tags and texts go to a {@link Handler}. It
 * never fails; what is no markup is text. No entity of a DTD is expanded.
 */
final class Markup {
  /** Elements of HTML whose content is no markup. */
  private static final Set<String> RAW =
      Set.of("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes");

  private final String in;
  private final boolean html;
  private final Handler handler;
  private int at;

  /** Takes what is read. */
  interface Handler {
    /**
     * A tag begins an element.
     *
     * @param name in lower case, without a prefix
     * @param attributes as written
     * @param closed whether the tag ends the element, too
     */
    void open(String name, String attributes, boolean closed);

    void close(String name);

    void text(String text);
  }

  private Markup(String in, boolean html, Handler handler) {
    this.in = in;
    this.html = html;
    this.handler = handler;
  }

  static void read(String in, boolean html, Handler handler) {
    new Markup(in, html, handler).read();
  }

  private void read() {
    while (at < in.length()) {
      int tag = in.indexOf('<', at);
      if (tag < 0) {
        text(in.length());
        return;
      }
      text(tag);
      if (in.startsWith("<!--", at)) {
        skip(at + 4, in.startsWith("<!-->", at) ? ">" : "-->");
      } else if (in.startsWith("<![CDATA[", at)) {
        int end = in.indexOf("]]>", at);
        handler.text(in.substring(at + 9, end < 0 ? in.length() : end));
        at = end < 0 ? in.length() : end + 3;
      } else if (in.startsWith("<!", at)) {
        declaration();
      } else if (in.startsWith("<?", at)) {
        skip(at + 2, html ? ">" : "?>");
      } else if (isTag()) {
        tag();
      } else {
        handler.text("<");
        at++;
      }
    }
  }

  private void text(int end) {
    if (end > at) {
      handler.text(Entities.decoded(in.substring(at, end), html));
      at = end;
    }
  }

  private void skip(int from, String end) {
    int found = in.indexOf(end, from);
    at = found < 0 ? in.length() : found + end.length();
  }

  /** A DOCTYPE, with what stands in its brackets. */
  private void declaration() {
    int end = at;
    while (end < in.length() && in.charAt(end) != '>' && in.charAt(end) != '[') {
      end++;
    }
    if (end < in.length() && in.charAt(end) == '[') {
      int close = in.indexOf(']', end);
      end = close < 0 ? -1 : in.indexOf('>', close);
    }
    at = end < 0 ? in.length() : Math.min(end + 1, in.length());
  }

  private boolean isTag() {
    int first = at + (in.startsWith("</", at) ? 2 : 1);
    return first < in.length()
        && (Character.isLetter(in.charAt(first)) || (!html && in.charAt(first) == '_'));
  }

  private void tag() {
    boolean closing = in.charAt(at + 1) == '/';
    int from = at + (closing ? 2 : 1);
    int nameEnd = from;
    while (nameEnd < in.length() && " \t\r\n\f/>".indexOf(in.charAt(nameEnd)) < 0) {
      nameEnd++;
    }
    int end = tagEnd(nameEnd);
    String name = in.substring(from, nameEnd).toLowerCase(Locale.ROOT);
    name = name.substring(name.indexOf(':') + 1);
    at = Math.min(end + 1, in.length());
    if (closing) {
      handler.close(name);
      return;
    }
    boolean closed = end > nameEnd && in.charAt(end - 1) == '/';
    handler.open(name, in.substring(nameEnd, Math.min(end, in.length())), closed);
    if (html && !closed && RAW.contains(name)) {
      raw(name);
    }
  }

  /** Where the tag's > is: not one in an attribute's quotes. Without one, the end of the text. */
  private int tagEnd(int from) {
    char quote = 0;
    boolean value = false;
    for (int i = from; i < in.length(); i++) {
      char c = in.charAt(i);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '>') {
        return i;
      } else if ((c == '"' || c == '\'') && value) {
        quote = c;
        value = false;
      } else if (c == '=') {
        value = true;
      } else if (!Character.isWhitespace(c)) {
        value = false;
      }
    }
    return in.length();
  }

  private void raw(String name) {
    String end = "</" + name;
    for (int i = at; ; i++) {
      i = in.indexOf('<', i);
      if (i < 0) {
        at = in.length();
        return;
      }
      if (in.regionMatches(true, i, end, 0, end.length())) {
        at = i;
        return;
      }
    }
  }
}
