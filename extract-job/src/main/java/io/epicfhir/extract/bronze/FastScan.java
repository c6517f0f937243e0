package io.epicfhir.extract.bronze;

import java.nio.charset.StandardCharsets;

/**
 * One pass over a line's bytes that knows, for lines as servers send them, that the line is one
 * whole JSON object (RFC 8259) in well-formed UTF-8, and what bronze keeps beside it. It says yes
 * or leaves the line to the slower look: escapes in the few names and texts that matter, rare forms
 * and every mistake are not its business. Not safe for threads; one object serves many lines.
 */
final class FastScan {
  private final boolean[] objects = new boolean[JsonBytes.MOST_DEPTH + 1];
  private byte[] in;
  private int at;
  private int end;
  private int depth;
  private int field;
  private boolean inMeta;
  private int seen;
  private boolean inReference;
  private boolean oddReference;
  private final TextSpans references = new TextSpans();

  private String resourceType;
  private String id;
  private String versionId;
  private String lastUpdated;

  /** Whether the line is sound and all of it understood; then the texts below are its own. */
  boolean scan(byte[] bytes, int offset, int length) {
    in = bytes;
    at = offset;
    end = offset + length;
    depth = 0;
    field = KeptField.NONE;
    inMeta = false;
    seen = 0;
    inReference = false;
    oddReference = false;
    references.clear();
    resourceType = null;
    id = null;
    versionId = null;
    lastUpdated = null;
    space();
    return at < end && in[at] == '{' && values() && spaceOnly();
  }

  String resourceType() {
    return resourceType;
  }

  String id() {
    return id;
  }

  String versionId() {
    return versionId;
  }

  String lastUpdated() {
    return lastUpdated;
  }

  /** The texts named "reference", at any depth; null where a name may spell it with escapes. */
  TextSpans references() {
    return oddReference ? null : references.copy();
  }

  /** Value after value until the outermost one is closed. */
  private boolean values() {
    while (true) {
      space();
      if (at >= end) {
        return false;
      }
      int opened = value(in[at]);
      if (opened < 0) {
        return false;
      }
      if (opened == 0 && !afterValue()) {
        return false;
      }
      if (depth == 0) {
        return true;
      }
    }
  }

  /**
   * 0 where a value is over, 1 where a container was opened and its first value is due, -1 else.
   */
  private int value(byte first) {
    return switch (first) {
      case '"' -> over(text());
      case '{' -> open(true);
      case '[' -> open(false);
      case 't' -> over(word("true"));
      case 'f' -> over(word("false"));
      case 'n' -> over(word("null"));
      default -> over(number());
    };
  }

  private static int over(boolean sound) {
    return sound ? 0 : -1;
  }

  private boolean number() {
    forgetName();
    at = JsonNumber.end(in, at, end);
    return at >= 0;
  }

  private int open(boolean object) {
    if (depth == JsonBytes.MOST_DEPTH) {
      return -1;
    }
    inMeta |= object && field == KeptField.META && depth == 1;
    forgetName();
    objects[++depth] = object;
    at++;
    space();
    if (at < end && in[at] == (object ? '}' : ']')) {
      at++;
      close();
      return 0;
    }
    return !object || name() ? 1 : -1;
  }

  private void close() {
    depth--;
    if (depth == 1) {
      inMeta = false;
    }
  }

  /** Closes what ends here, up to the next value that is due or to the end of all. */
  private boolean afterValue() {
    while (depth > 0) {
      space();
      if (at >= end) {
        return false;
      }
      byte next = in[at++];
      if (next == ',') {
        return !objects[depth] || name();
      }
      if (next != (objects[depth] ? '}' : ']')) {
        return false;
      }
      close();
    }
    return true;
  }

  /** A name and its colon. */
  private boolean name() {
    space();
    if (at >= end || in[at] != '"') {
      return false;
    }
    int start = at + 1;
    if (!string()) {
      return false;
    }
    int length = at - 1 - start;
    inReference = KeptField.isReference(in, start, length);
    oddReference |= KeptField.isOddReference(in, start, length);
    if (depth == 1 || (depth == 2 && inMeta)) {
      if (JsonString.escaped(in, start, at - 1)) {
        return false;
      }
      field =
          depth == 1
              ? KeptField.ofResource(in, start, length)
              : KeptField.ofMeta(in, start, length);
      if (depth == 1 && field != KeptField.NONE) {
        if ((seen & field) != 0) {
          return false; // stands twice: the slower look says so
        }
        seen |= field;
      }
    }
    space();
    return at < end && in[at++] == ':';
  }

  /** The name before a value is that value's only. */
  private void forgetName() {
    field = KeptField.NONE;
    inReference = false;
  }

  /** A string as a value: kept where it is one of those that bronze has a column for. */
  private boolean text() {
    int start = at + 1;
    int wanted = field;
    boolean reference = inReference;
    forgetName();
    if (!string()) {
      return false;
    }
    if (reference) {
      references.add(start, at - 1);
    }
    if (wanted == KeptField.NONE || wanted == KeptField.META) {
      return true;
    }
    if (JsonString.escaped(in, start, at - 1)) {
      return false;
    }
    String value = new String(in, start, at - 1 - start, StandardCharsets.UTF_8);
    switch (wanted) {
      case KeptField.TYPE -> resourceType = value;
      case KeptField.ID -> id = value;
      case KeptField.VERSION -> versionId = value;
      default -> lastUpdated = value;
    }
    return true;
  }

  /** From a quote to behind the closing one. */
  private boolean string() {
    at = JsonString.end(in, at, end);
    return at >= 0;
  }

  private boolean word(String word) {
    forgetName();
    at = JsonWord.end(word, in, at, end);
    return at >= 0;
  }

  private void space() {
    while (at < end && (in[at] == ' ' || in[at] == '\t' || in[at] == '\r' || in[at] == '\n')) {
      at++;
    }
  }

  private boolean spaceOnly() {
    space();
    return at == end;
  }
}
