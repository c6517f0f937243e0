package io.epicfhir.extract.bronze;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** How Jackson looks at what a server sent: with limits of our own, not with its defaults. */
public final class JsonBytes {
  /** Levels that objects and arrays may be deep. */
  static final int MOST_DEPTH = 1000;

  /** Takes texts of any length: lines have a limit of their own. */
  public static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          // A name's symbol outlives its line; interning it for the whole JVM buys nothing.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNameLength(1 << 20)
                  .maxNestingDepth(MOST_DEPTH)
                  .build())
          .build();

  /**
   * Reads into a tree what is a resource, or holds one. A mapper of Jackson's own refuses texts
   * over 20 million characters, which a photo in a Patient can have.
   */
  public static final JsonMapper MAPPER = new JsonMapper(FACTORY);

  private JsonBytes() {}
}
