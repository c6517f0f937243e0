package io.epicfhir.common.optout;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The words in a text that can name a resource: {@code Type/id} wherever it stands (a relative or
 * absolute reference, an address, a key of ours), {@code urn:uuid:id}, and words that are long and
 * mixed enough to be an id by themselves. The text is read as bytes, without being parsed: so it
 * need not be whole, and JSON's {@code \/} and an address's {@code %2F} are slashes, too, and
 * characters that JSON writes by their numbers are those characters.
 */
final class KeyTokens {
  /** Takes in what was found. */
  interface Visitor {
    /**
     * Takes in a word.
     *
     * @param type the word before the slash; null where there is none
     * @param ids what the word may be as an id, the word itself first; without a type only those
     *     that can be nothing else
     * @return whether enough was seen
     */
    boolean visit(String type, List<String> ids);
  }

  private static final int LONG = 16;
  private static final int MIXED = 10;

  /** Base64 of Epic's length has hardly ever no capital, and now and then one digit or none. */
  private static final int RANDOM = 20;

  private static final int LONGEST_TYPE = 40;

  private KeyTokens() {}

  /** Gives each word to the visitor until it has seen enough; says whether it has. */
  static boolean scan(byte[] text, int offset, int length, Visitor visitor) {
    if (JsonEscapes.any(text, offset, length)) {
      byte[] plain = JsonEscapes.plain(text, offset, length);
      return scanPlain(plain, 0, plain.length, visitor);
    }
    return scanPlain(text, offset, length, visitor);
  }

  private static boolean scanPlain(byte[] text, int offset, int length, Visitor visitor) {
    int end = offset + length;
    int typeFrom = -1;
    int typeTo = -1;
    for (int i = offset; i < end; ) {
      if (!isWord(text[i])) {
        i++;
        continue;
      }
      int from = i;
      while (i < end && isWord(text[i])) {
        i++;
      }
      if (typeFrom >= 0
          ? visitor.visit(string(text, typeFrom, typeTo), KeyForms.of(text, from, i))
          : unique(text, from, i, visitor)) {
        return true;
      }
      int slash = slash(text, i, end);
      boolean type = slash > 0 && isType(text, from, i);
      typeFrom = type || (slash > 0 && isUuid(text, from, i)) ? from : -1;
      typeTo = i;
      i += Math.max(slash, 0);
    }
    return false;
  }

  private static boolean unique(byte[] text, int from, int to, Visitor visitor) {
    if (!isUnique(text, from, to)) {
      return false; // then no part of it is
    }
    List<String> ids = KeyForms.of(text, from, to).stream().filter(KeyTokens::isUnique).toList();
    return !ids.isEmpty() && visitor.visit(null, ids);
  }

  /** Bytes of the separator between a type and its id at this place; 0 where there is none. */
  private static int slash(byte[] text, int at, int end) {
    if (at >= end) {
      return 0;
    }
    if (text[at] == '/' || text[at] == ':') {
      return 1;
    }
    if (at + 1 < end && text[at] == '\\' && text[at + 1] == '/') {
      return 2;
    }
    boolean encoded =
        at + 2 < end
            && text[at] == '%'
            && text[at + 1] == '2'
            && (text[at + 2] == 'F' || text[at + 2] == 'f');
    return encoded ? 3 : 0;
  }

  private static boolean isType(byte[] text, int from, int to) {
    if (text[from] < 'A' || text[from] > 'Z' || to - from > LONGEST_TYPE) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (!isLetter(text[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean isUuid(byte[] text, int from, int to) {
    return to - from == 4
        && text[from] == 'u'
        && text[from + 1] == 'u'
        && text[from + 2] == 'i'
        && text[from + 3] == 'd';
  }

  private static boolean isLetter(byte b) {
    return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static boolean isWord(byte b) {
    return isLetter(b) || isDigit(b) || b == '-' || b == '.' || b == '_';
  }

  /** Whether a word is an id and no other: no word of a language, no date, no small number. */
  static boolean isUnique(String id) {
    byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
    return isUnique(bytes, 0, bytes.length);
  }

  private static boolean isUnique(byte[] text, int from, int to) {
    if (to - from < MIXED) {
      return false;
    }
    int upper = 0;
    int lower = 0;
    int digits = 0;
    for (int i = from; i < to; i++) {
      upper += isLetter(text[i]) && text[i] <= 'Z' ? 1 : 0;
      lower += isLetter(text[i]) && text[i] >= 'a' ? 1 : 0;
      digits += isDigit(text[i]) ? 1 : 0;
    }
    boolean mixed = upper + lower > 1 && digits > 1;
    boolean random = to - from >= RANDOM && upper > 0 && lower > 0;
    return mixed || random || (to - from >= LONG && digits >= LONG);
  }

  private static String string(byte[] text, int from, int to) {
    return new String(text, from, to - from, StandardCharsets.ISO_8859_1);
  }
}
