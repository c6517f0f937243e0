package io.epicfhir.transform.views;

/** Bytes are no JSON; carries none of them. */
final class MalformedJson extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedJson() {
    super("no JSON", null, false, false);
  }
}
