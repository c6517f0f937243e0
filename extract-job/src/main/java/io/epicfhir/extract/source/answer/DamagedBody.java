package io.epicfhir.extract.source.answer;

/**
 * A body that came as the server sent it, and is not what was asked for: it may be damaged where
 * the server keeps it. A body that stalled, or whose connection broke, is none.
 */
public final class DamagedBody extends BrokenBody {
  private static final long serialVersionUID = 1L;

  public DamagedBody(String message) {
    super(message);
  }
}
