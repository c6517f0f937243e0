package io.epicfhir.transform.documents;

/**
 * Builds text of blocks, lines and cells, as browsers give it for innerText: white space collapses,
 * blocks begin on a line of their own, paragraphs after an empty one, cells after a tab. Standard:
 * https://html.spec.whatwg.org/multipage/dom.html#the-innertext-idl-attribute.
 */
final class Lines {
  private final StringBuilder out = new StringBuilder();
  private int breaks;
  private boolean blank;
  private boolean cellStart;

  /** Text in which white space collapses. */
  void text(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        blank = true;
      } else {
        add(c == '\u00A0' ? ' ' : c);
      }
    }
  }

  /** Text as it stands. */
  void preformatted(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r') {
        if (c == '\n' || i + 1 == text.length() || text.charAt(i + 1) != '\n') {
          line();
        }
      } else {
        add(c == '\u00A0' ? ' ' : c);
      }
    }
  }

  private void add(char c) {
    flush();
    if (blank && !atLineStart()) {
      out.append(' ');
    }
    blank = false;
    cellStart = false;
    out.append(c);
  }

  /** A new line, whatever stands before. */
  void line() {
    flush();
    blank = false;
    out.append('\n');
  }

  /**
   * What follows begins on a line of its own.
   *
   * @param lines 1, or 2 for an empty line before it
   */
  void block(int lines) {
    blank = false;
    if (!cellStart) {
      breaks = Math.max(breaks, lines);
    }
  }

  /** A cell begins. */
  void cell(boolean first) {
    if (!first) {
      breaks = 0; // a paragraph ends with its cell; the row goes on
      out.append('\t');
    }
    blank = false;
    flush();
    cellStart = true;
  }

  /** A row ends. */
  void row() {
    cellStart = false;
    breaks = 1;
    blank = false;
  }

  private void flush() {
    if (out.length() > 0 && breaks > 0) {
      int there = out.charAt(out.length() - 1) == '\n' ? 1 : 0;
      out.append("\n".repeat(Math.max(0, breaks - there)));
    }
    breaks = 0;
  }

  private boolean atLineStart() {
    return out.length() == 0 || "\n\t".indexOf(out.charAt(out.length() - 1)) >= 0;
  }

  /** All of it, without empty lines at its ends. */
  @Override
  public String toString() {
    int from = 0;
    int to = out.length();
    while (to > 0 && Character.isWhitespace(out.charAt(to - 1))) {
      to--;
    }
    while (from < to && out.charAt(from) == '\n') {
      from++;
    }
    return out.substring(from, to);
  }
}
