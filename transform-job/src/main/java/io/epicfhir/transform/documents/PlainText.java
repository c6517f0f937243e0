package io.epicfhir.transform.documents;

/**
 * What a document says, as plain text.
 *
 * @param text null where there is none
 * @param problem why there is no text, or that the document is cut off; empty where all is well
 * @param charset the charset that the text was read with; empty where it was not read
 */
public record PlainText(String text, String problem, String charset) {
  /** There are no bytes. */
  public static final String EMPTY = "empty";

  /** The bytes do not come as base64. */
  public static final String NOT_BASE64 = "not-base64";

  /** A PDF that opens with a key only. */
  public static final String ENCRYPTED = "encrypted";

  /** A picture. */
  public static final String IMAGE = "image";

  /** Audio, video, an archive, a document of an office program. */
  public static final String NOT_TEXT = "not-text";

  /** Nothing says what it is. */
  public static final String UNKNOWN_FORMAT = "unknown-format";

  /** More bytes than are read, or that unpack to more. */
  public static final String TOO_LARGE = "too-large";

  /** It is not what its type says. */
  public static final String BROKEN = "broken";

  /** The document ends before its end; the text is what came. */
  public static final String INCOMPLETE = "incomplete";

  /** A document that holds no text, such as a scan in HTML. */
  public static final String NO_TEXT = "no-text";

  /** What the narrative of a resource says, which is XHTML in FHIR's own JSON. */
  public static PlainText ofXhtml(String xhtml) {
    return xhtml.length() > Document.MAX_BYTES ? none(TOO_LARGE) : of(HtmlText.of(xhtml), true, "");
  }

  static PlainText none(String problem) {
    return new PlainText(null, problem, "");
  }

  static PlainText of(String text, boolean complete, String charset) {
    // PostgreSQL cannot hold U+0000; HTML, too, reads it as U+FFFD.
    String clean = text.replace('\0', '\uFFFD');
    if (clean.isBlank()) {
      return new PlainText(null, NO_TEXT, charset);
    }
    return new PlainText(clean, complete ? "" : INCOMPLETE, charset);
  }
}
