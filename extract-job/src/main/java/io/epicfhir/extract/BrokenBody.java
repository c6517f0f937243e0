package io.epicfhir.extract;

import java.io.IOException;

/** An answer's body that is not whole: cut, stalled or damaged; its message holds no data. */
final class BrokenBody extends IOException {
  private static final long serialVersionUID = 1L;

  BrokenBody(String message) {
    super(message);
  }
}
