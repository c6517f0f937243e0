package io.epicfhir.sandbox.http;

/**
 * How a response ends on the wire.
 *
 * @param afterBytes how many bytes of the body, as it is sent, go out before that
 */
public record Ending(Kind kind, long afterBytes) {
  public static final Ending WHOLE = new Ending(Kind.WHOLE, Long.MAX_VALUE);

  /** The ways a body can break off. */
  public enum Kind {
    WHOLE,
    /** TCP reset. */
    RESET,
    /** The connection is closed though more was announced. */
    CLOSED,
    /** A well-formed chunked response that simply lacks the rest. */
    SHORT,
    /** Nothing more arrives, and the connection stays open. */
    STALLED
  }
}
