package io.epicfhir.transform.views;

import org.apache.spark.unsafe.types.UTF8String;

/**
 * A place in the bytes of a JSON text (RFC 8259), moved forward value by value. Texts without
 * escapes and numbers are given as they stand in the bytes, neither decoded nor copied: they are
 * good for as long as the bytes are left alone. What is skipped is looked at only as far as its end
 * demands. Not safe for threads; one cursor serves many resources.
 */
final class JsonCursor {
  private static final long QUOTES = ByteSearch.ONES * '"';
  private static final long BACKSLASHES = ByteSearch.ONES * '\\';

  private byte[] in;
  private int at;
  private int end;
  private final FieldName name = new FieldName();
  private boolean escaped;

  /** Goes to the first value of these bytes. */
  void start(byte[] bytes, int from, int to) {
    in = bytes;
    at = from;
    end = to;
    space();
  }

  /** The same bytes, from another place in them to the end. */
  void back(int place) {
    at = place;
  }

  /** Where the cursor is. */
  int place() {
    return at;
  }

  /** The first byte of the value that is due. */
  byte first() {
    require(at < end);
    return in[at];
  }

  /** Nothing but white space is left. */
  boolean atEnd() {
    space();
    return at >= end;
  }

  /** Goes into the object that is due, to the value of its first field; false where it has none. */
  boolean firstField() {
    return into('}') && name();
  }

  /** From behind a value to the next field's value; false behind the object's end. */
  boolean nextField() {
    return on('}') && name();
  }

  /** Goes into the list that is due, to its first item; false where it has none. */
  boolean firstItem() {
    return into(']');
  }

  /** From behind an item to the next; false behind the list's end. */
  boolean nextItem() {
    return on(']');
  }

  /** The name of the field that the cursor is at, good until it moves. */
  FieldName fieldName() {
    return name;
  }

  /** The text that is due. */
  UTF8String text() {
    int start = at + 1;
    string();
    int close = at - 1;
    if (!escaped) {
      return UTF8String.fromBytes(in, start, close - start);
    }
    byte[] decoded = JsonEscapes.decoded(in, start, close);
    return UTF8String.fromBytes(decoded, 0, decoded.length);
  }

  /** The number that is due, with all its digits. */
  UTF8String number() {
    int start = at;
    skipNumber();
    return UTF8String.fromBytes(in, start, at - start);
  }

  /** The number that is due; null where it is no whole one of 64 bits. */
  Long whole() {
    int start = at;
    skipNumber();
    return NumberBytes.whole(in, start, at);
  }

  /** Steps over the value that is due. */
  void skip() {
    switch (first()) {
      case '"' -> string();
      case '{', '[' -> skipContainer();
      case 't' -> word("true");
      case 'f' -> word("false");
      case 'n' -> word("null");
      default -> skipNumber();
    }
  }

  /** How many objects and lists lie in each other in the value that is due; steps over it. */
  int nesting() {
    if (first() == '{' || first() == '[') {
      return skipContainer();
    }
    skip();
    return 0;
  }

  /** How many bytes are left. */
  int left() {
    return end - at;
  }

  /** true or false, which is due. */
  boolean bool() {
    boolean value = in[at] == 't';
    word(value ? "true" : "false");
    return value;
  }

  private boolean into(char close) {
    at++;
    space();
    if (first() != close) {
      return true;
    }
    at++;
    return false;
  }

  private boolean on(char close) {
    space();
    byte next = first();
    at++;
    if (next == close) {
      return false;
    }
    require(next == ',');
    space();
    return true;
  }

  private boolean name() {
    require(first() == '"');
    int open = at + 1;
    string();
    if (escaped) {
      byte[] decoded = JsonEscapes.decoded(in, open, at - 1);
      name.set(decoded, 0, decoded.length);
    } else {
      name.set(in, open, at - 1);
    }
    space();
    require(first() == ':');
    at++;
    space();
    return true;
  }

  /** From a quote to behind the closing one. */
  private void string() {
    escaped = false;
    int i = at + 1;
    while (true) {
      i = ByteSearch.either(QUOTES, BACKSLASHES, in, i, end);
      require(i < end);
      byte b = in[i];
      i++;
      if (b == '"') {
        at = i;
        return;
      }
      if (b == '\\') {
        escaped = true;
        i++;
      }
    }
  }

  /** How deep it is. */
  private int skipContainer() {
    int depth = 0;
    int most = 0;
    int i = at;
    while (true) {
      require(i < end);
      byte b = in[i];
      if (b == '"') {
        at = i;
        string();
        i = at;
        continue;
      }
      i++;
      if (b == '{' || b == '[') {
        most = Math.max(most, ++depth);
      } else if (b == '}' || b == ']') {
        depth--;
        if (depth == 0) {
          at = i;
          return most;
        }
      }
    }
  }

  private void skipNumber() {
    require(NumberBytes.begins(first()));
    at++;
    while (at < end && NumberBytes.holds(in[at])) {
      at++;
    }
  }

  private void word(String word) {
    int length = word.length();
    require(at + length <= end);
    for (int i = 0; i < length; i++) {
      require(in[at + i] == word.charAt(i));
    }
    at += length;
  }

  private void space() {
    while (at < end && (in[at] == ' ' || in[at] == '\n' || in[at] == '\r' || in[at] == '\t')) {
      at++;
    }
  }

  private static void require(boolean sound) {
    if (!sound) {
      throw new MalformedJson();
    }
  }
}
