package io.epicfhir.sandbox.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A fault of a search's pages; matched by {@link Match#search}. */
public sealed interface PageFault extends Fault {
  /** The next link of a search leads nowhere. */
  record ExpireSearch(int status) implements PageFault {}

  /** A page of so few entries, with a next link to what it left out. */
  record ShortPage(int entries) implements PageFault {}

  /** The order of a search changes between two of its pages. */
  record ShiftPage() implements PageFault {}

  /** One more entry of mode outcome. */
  record OutcomeEntry(ObjectNode outcome) implements PageFault {}
}
