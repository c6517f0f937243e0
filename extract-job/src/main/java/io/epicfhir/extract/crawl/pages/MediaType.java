package io.epicfhir.extract.crawl.pages;

/** A media type without its parameters, as a request may ask for it. */
public final class MediaType {
  private static final String PATTERN = "[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+";

  private MediaType() {}

  /** Of an attachment's or a document's contentType; empty where that is no media type. */
  public static String of(String contentType) {
    String type = contentType.replaceFirst("\\s*;.*", "");
    return type.matches(PATTERN) ? type : "";
  }
}
