package io.epicfhir.transform.documents;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The text of an RTF document. Left out are pictures, styles, properties, page headers and footers,
 * hidden text, text that a tracked change deletes, and every destination that a reader may skip.
 * Standard: Rich Text Format Specification 1.9.1.
 */
final class RtfText {
  private static final int MAX_DEPTH = 10_000;

  private final byte[] in;
  private final RtfOutput out = new RtfOutput();
  private final Deque<RtfGroup> outer = new ArrayDeque<>();
  private RtfGroup group = new RtfGroup();
  private int at;
  private int toSkip;
  private boolean optional;

  private RtfText(byte[] in) {
    this.in = in;
  }

  static PlainText of(byte[] in) {
    RtfText reader = new RtfText(in);
    boolean whole = reader.read();
    if (reader.outer.size() > MAX_DEPTH) {
      return PlainText.none(PlainText.BROKEN);
    }
    return PlainText.of(reader.out.text(), whole, reader.out.charset());
  }

  /** Reads to the end of the outermost group; whether there was one. */
  private boolean read() {
    while (at < in.length && in[at] != '{') {
      at++;
    }
    while (at < in.length) {
      int c = in[at++] & 0xFF;
      switch (c) {
        case '{' -> {
          if (outer.size() > MAX_DEPTH) {
            return false;
          }
          out.flush();
          outer.push(group);
          group = new RtfGroup(group);
          toSkip = 0;
          optional = false;
        }
        case '}' -> {
          out.flush();
          toSkip = 0;
          group = outer.pop();
          if (outer.isEmpty()) {
            return true;
          }
        }
        case '\\' -> control();
        case '\r', '\n' -> {}
        default -> character(c);
      }
    }
    out.flush();
    return false;
  }

  private void character(int c) {
    if (toSkip > 0) {
      toSkip--;
    } else if (group.fontTable()) {
      return;
    } else if (group.shown()) {
      out.character(c, group.font());
    }
  }

  private void control() {
    if (at >= in.length) {
      return;
    }
    int c = in[at] & 0xFF;
    if (!letter(c)) {
      at++;
      symbol(c);
      return;
    }
    int from = at;
    while (at < in.length && letter(in[at] & 0xFF) && at - from < 32) {
      at++;
    }
    String word = new String(in, from, at - from, StandardCharsets.US_ASCII);
    boolean negative = at + 1 < in.length && in[at] == '-' && digit(in[at + 1]);
    at += negative ? 1 : 0;
    boolean hasNumber = at < in.length && digit(in[at]);
    long number = 0;
    for (; at < in.length && digit(in[at]); at++) {
      number = Math.min(number * 10 + in[at] - '0', Integer.MAX_VALUE);
    }
    if (at < in.length && in[at] == ' ') {
      at++;
    }
    int value = (int) (negative ? -number : number);
    if (word.equals("bin")) {
      at = (int) Math.min(in.length, at + Math.max(0L, value));
      toSkip = Math.max(0, toSkip - 1);
    } else if (toSkip > 0) {
      toSkip--;
    } else {
      word(word, hasNumber, value);
    }
  }

  private static boolean letter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean digit(int c) {
    return c >= '0' && c <= '9';
  }

  private void symbol(int c) {
    if (c == '\'') {
      int high = at < in.length ? Character.digit(in[at], 16) : -1;
      int low = at + 1 < in.length ? Character.digit(in[at + 1], 16) : -1;
      if (high >= 0 && low >= 0) {
        at += 2;
        character(high << 4 | low);
      }
      return;
    }
    if (c == '*') {
      optional = true;
      return;
    }
    if (toSkip > 0) {
      toSkip--;
      return;
    }
    switch (c) {
      case '\\', '{', '}' -> character(c);
      case '~' -> shown(" ");
      case '_' -> shown("-");
      case '\r', '\n' -> shown("\n");
      case '\t' -> shown("\t");
      default -> {} // \- a place to break the word, \: and \| of an index
    }
  }

  private void shown(String text) {
    if (group.shown() && !group.fontTable()) {
      out.text(text);
    }
  }

  private void word(String word, boolean hasNumber, int number) {
    boolean wasOptional = optional;
    optional = false;
    if (group.destination(word, wasOptional)) {
      return;
    }
    boolean on = !hasNumber || number != 0;
    switch (word) {
      case "ansicpg" -> out.codePage(number);
      case "mac" -> out.codePage(10000);
      case "pc" -> out.codePage(437);
      case "pca" -> out.codePage(850);
      case "deff" -> group.defaultFont(number);
      case "f" -> {
        out.flush();
        group.font(number);
      }
      case "fcharset" -> out.fontCharset(group, number);
      case "cpg" -> out.fontCodePage(group, number);
      case "plain" -> {
        out.flush();
        group.plain();
      }
      case "v" -> group.hide(on);
      case "deleted" -> group.delete(on);
      case "uc" -> group.skipAfterUnicode(number);
      case "u" -> {
        if (group.shown() && !group.fontTable()) {
          out.unicode((char) number);
        }
        toSkip = group.skipAfterUnicode();
      }
      default -> {
        String text = RtfOutput.textOf(word);
        if (!text.isEmpty()) {
          shown(text);
        } else if (word.equals("row") || word.equals("nestrow")) {
          if (group.shown()) {
            out.row();
          }
        }
      }
    }
  }
}
