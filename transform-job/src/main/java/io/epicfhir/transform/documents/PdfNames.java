package io.epicfhir.transform.documents;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The value of a dictionary's key: a name or an array of names.
 *
 * @param names empty where it is neither
 * @param isElsewhere whether it, or a part of it, is a reference to another object
 */
record PdfNames(List<String> names, boolean isElsewhere) {
  private static final String SPACE = "\0\t\n\f\r ";
  private static final String DELIMITERS = "()<>[]{}/%";
  private static final String GAP = "(?:[\\x00\\s]|%[^\\r\\n]{0,1000}[\\r\\n])+";
  private static final Pattern REFERENCE =
      Pattern.compile("[0-9]{1,20}" + GAP + "[0-9]{1,20}" + GAP + "R");

  /** What follows a key that ends there. */
  static PdfNames at(String text, int from) {
    List<String> names = new ArrayList<>();
    int at = past(text, from);
    boolean array = at < text.length() && text.charAt(at) == '[';
    if (array) {
      at = past(text, at + 1);
    }
    while (at < text.length() && text.charAt(at) == '/') {
      int end = at + 1;
      while (end < text.length() && isRegular(text.charAt(end))) {
        end++;
      }
      names.add(text.substring(at + 1, end));
      if (!array) {
        break;
      }
      at = past(text, end);
    }
    return new PdfNames(
        List.copyOf(names), REFERENCE.matcher(text).region(at, text.length()).lookingAt());
  }

  private static boolean isRegular(char c) {
    return SPACE.indexOf(c) < 0 && DELIMITERS.indexOf(c) < 0;
  }

  /** Past spaces and comments. */
  private static int past(String text, int from) {
    int at = from;
    boolean comment = false;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (comment) {
        comment = c != '\n' && c != '\r';
      } else if (c == '%') {
        comment = true;
      } else if (SPACE.indexOf(c) < 0) {
        break;
      }
      at++;
    }
    return at;
  }
}
