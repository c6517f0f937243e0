package io.epicfhir.common;

/** The byte order mark, with which some editors begin a file in UTF-8. */
public final class ByteOrderMark {
  private static final String MARK = "\uFEFF";

  private ByteOrderMark() {}

  /** The text behind the mark, or all of it where there is none. */
  public static String removed(String text) {
    return text.startsWith(MARK) ? text.substring(MARK.length()) : text;
  }
}
