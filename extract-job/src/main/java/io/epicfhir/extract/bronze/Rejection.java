package io.epicfhir.extract.bronze;

import java.util.Locale;

/** Why a line cannot be taken in. */
public enum Rejection {
  /** Not one whole JSON object. */
  NOT_A_JSON_OBJECT,
  /** Bytes that are no UTF-8. */
  INVALID_UTF8,
  /** No resourceType. */
  NO_RESOURCE_TYPE,
  /** Another resourceType than the manifest says. */
  WRONG_RESOURCE_TYPE,
  /** No id. */
  NO_ID,
  /** resourceType, id or meta stand in it twice: which one holds is anyone's guess. */
  REPEATED_KEY,
  /** Of a file that the server sends as something else than NDJSON. */
  WRONG_CONTENT_TYPE,
  /** Longer than bronze.max-line-size. */
  TOO_LONG;

  /** As it stands in quarantine. */
  public String reason() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
