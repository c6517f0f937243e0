package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.documents.Document;
import io.epicfhir.transform.documents.PlainText;
import java.util.Objects;
import org.apache.spark.unsafe.types.UTF8String;

/** A document of the resource at hand, and its text once somebody has asked for it. */
final class ReadDocument {
  private final UTF8String base64;
  private final Document document;
  private UTF8String contentType;
  private PlainText read;
  private UTF8String text;

  ReadDocument(UTF8String base64) {
    this.base64 = base64;
    this.document = Document.ofBase64(base64.getBytes());
  }

  /** Whether it is that one. */
  @SuppressWarnings(
      "ReferenceEquality") // the same resource's value; comparing megabytes would cost
  boolean is(UTF8String otherBase64) {
    return base64 == otherBase64;
  }

  /** As the bytes read by a content type; null where none is known, which is another one. */
  private PlainText read(UTF8String asType) {
    if (read == null || !Objects.equals(asType, contentType)) {
      contentType = asType;
      read = document.plainText(contentType == null ? "" : contentType.toString());
      text = read.text() == null ? null : UTF8String.fromString(read.text());
    }
    return read;
  }

  UTF8String text(UTF8String asType) {
    read(asType);
    return text;
  }

  /** Null where there is none. */
  UTF8String problem(UTF8String asType) {
    return orNull(read(asType).problem());
  }

  UTF8String charset(UTF8String asType) {
    return orNull(read(asType).charset());
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
