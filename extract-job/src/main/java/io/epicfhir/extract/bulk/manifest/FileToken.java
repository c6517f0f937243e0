package io.epicfhir.extract.bulk.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** Which files of an export want the access token: the manifest's {@code requiresAccessToken}. */
public enum FileToken {
  /** All of them. */
  EVERYWHERE,
  /**
   * Those at the base's origin: where the manifest does not say, the token goes nowhere that the
   * server did not name for it.
   */
  AT_HOME,
  /** None: their links are signed, or open. */
  NOWHERE;

  /** A boolean, also as text; absent where the standard lets it be. */
  static FileToken of(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return AT_HOME;
    }
    return switch (value.asText("").strip().toLowerCase(Locale.ROOT)) {
      case "true" -> EVERYWHERE;
      case "false" -> NOWHERE;
      default -> throw Manifest.refused("requiresAccessToken is neither true nor false");
    };
  }

  /** Whether a file's request carries the token. */
  public boolean goesTo(boolean atHome) {
    return this == EVERYWHERE || (this == AT_HOME && atHome);
  }
}
