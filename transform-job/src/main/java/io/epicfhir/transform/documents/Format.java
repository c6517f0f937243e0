package io.epicfhir.transform.documents;

import java.util.Set;

/** What a document is: by its first bytes where they are beyond doubt, else by its type. */
enum Format {
  PLAIN(""),
  HTML(""),
  XML(""),
  RTF(""),
  PDF(""),
  IMAGE(PlainText.IMAGE),
  NOT_TEXT(PlainText.NOT_TEXT),
  UNKNOWN(PlainText.UNKNOWN_FORMAT),
  NOT_RTF(PlainText.BROKEN);

  private static final Set<String> ANYTHING =
      Set.of("", "application/octet-stream", "binary/octet-stream", "application/unknown", "*/*");
  private static final Set<String> RTF_TYPES =
      Set.of("text/rtf", "application/rtf", "application/x-rtf", "text/richtext");
  private static final Set<String> PLAIN_TYPES =
      Set.of("application/json", "application/x-ndjson", "application/hl7-v2");

  private final String problem;

  Format(String problem) {
    this.problem = problem;
  }

  /** Why there is no text of such documents; empty where there is. */
  String problem() {
    return problem;
  }

  /**
   * The format of a document.
   *
   * @param type the media type in lower case, without parameters
   * @param start the first characters in lower case
   */
  static Format of(String type, String start) {
    if (start.startsWith("%pdf-")) {
      return PDF;
    }
    if (start.startsWith("{\\rtf")) {
      return RTF;
    }
    if (startsAsHtml(start)) {
      return HTML;
    }
    return ANYTHING.contains(type) ? byContent(start) : byType(type);
  }

  private static boolean startsAsHtml(String start) {
    String root =
        start.replaceFirst("^<\\?xml[^>]*>\\s*", "").replaceFirst("^(?s)<!--.{0,500}?-->\\s*", "");
    return root.startsWith("<!doctype html") || root.matches("(?s)<html[\\s>].*");
  }

  private static Format byContent(String start) {
    if (start.startsWith("<?xml") || start.startsWith("<clinicaldocument")) {
      return XML;
    }
    return start.matches("(?s)<(body|div|p|span|table|h[1-6]|pre|br)[\\s/>].*") ? HTML : UNKNOWN;
  }

  private static Format byType(String type) {
    if (type.equals("text/html") || type.equals("application/xhtml+xml")) {
      return HTML;
    }
    if (RTF_TYPES.contains(type)) {
      return NOT_RTF; // it would begin with {\rtf
    }
    if (type.endsWith("/pdf") || type.equals("application/x-pdf")) {
      return PDF;
    }
    if (type.startsWith("image/")) {
      return IMAGE;
    }
    if (type.endsWith("/xml") || type.endsWith("+xml")) {
      return XML;
    }
    return type.startsWith("text/") || type.endsWith("+json") || PLAIN_TYPES.contains(type)
        ? PLAIN
        : NOT_TEXT;
  }
}
