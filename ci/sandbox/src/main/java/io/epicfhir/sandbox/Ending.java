package io.epicfhir.sandbox;

/**
 * How a response ends on the wire.
 *
 * @param afterBytes how many bytes of the body, as it is sent, go out before that
 */
record Ending(Kind kind, long afterBytes) {
  static final Ending WHOLE = new Ending(Kind.WHOLE, Long.MAX_VALUE);

  /** The ways a body can break off. */
  enum Kind {
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
