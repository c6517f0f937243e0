package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.documents.Document;
import io.epicfhir.transform.documents.PlainText;
import org.apache.spark.unsafe.types.UTF8String;

/** A document of the resource at hand, and its text once somebody has asked for it. */
final class ReadDocument {
  private final UTF8String base64;
  private final Document document;
  private UTF8String contentType;
  private PlainText read;
  private UTF8String text;

  /**
   * @param contentType null where it does not matter, or is not known
   */
  ReadDocument(UTF8String base64, UTF8String contentType) {
    this.base64 = base64;
    this.contentType = contentType;
    this.document = Document.ofBase64(base64.getBytes());
  }

  /** Whether it is that one; another type of the same bytes is read anew. */
  @SuppressWarnings(
      "ReferenceEquality") // the same resource's value; comparing megabytes would cost
  boolean is(UTF8String otherBase64, UTF8String otherType) {
    if (base64 != otherBase64) {
      return false;
    }
    if (otherType != null && !otherType.equals(contentType)) {
      contentType = otherType;
      read = null;
      text = null;
    }
    return true;
  }

  private PlainText read() {
    if (read == null) {
      read = document.plainText(contentType == null ? "" : contentType.toString());
      text = read.text() == null ? null : UTF8String.fromString(read.text());
    }
    return read;
  }

  UTF8String text() {
    read();
    return text;
  }

  /** Null where there is none. */
  UTF8String problem() {
    return orNull(read().problem());
  }

  UTF8String charset() {
    return orNull(read().charset());
  }

  private static UTF8String orNull(String word) {
    return word.isEmpty() ? null : UTF8String.fromString(word);
  }

  Integer size() {
    return document.size() < 0 ? null : (Integer) document.size();
  }

  UTF8String sha256() {
    String digest = document.sha256();
    return digest == null ? null : UTF8String.fromString(digest);
  }
}
