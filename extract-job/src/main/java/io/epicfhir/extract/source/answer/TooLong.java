package io.epicfhir.extract.source.answer;

import java.io.IOException;

/** The cause of a failure: an answer is longer than what is taken. */
public final class TooLong extends IOException {
  private static final long serialVersionUID = 1L;

  public TooLong(int longest) {
    super("an answer longer than " + longest + " bytes");
  }
}
