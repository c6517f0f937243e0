package io.epicfhir.extract.source.answer;

import java.io.IOException;

/** An answer's body that is not whole: cut, stalled or damaged; its message holds no data. */
public class BrokenBody extends IOException {
  private static final long serialVersionUID = 1L;

  public BrokenBody(String message) {
    super(message);
  }
}
