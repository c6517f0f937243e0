package io.epicfhir.sandbox.http;

/** What a request asks for; the log counts by it and faults match on it. */
public enum RequestKind {
  DISCOVERY,
  METADATA,
  TOKEN,
  KICK_OFF,
  STATUS,
  FILE,
  DELETE,
  SEARCH,
  READ,
  ADMIN,
  UNKNOWN;

  /** Discovery, metadata and token are open; the admin endpoints are no part of the FHIR server. */
  public boolean needsToken() {
    return switch (this) {
      case DISCOVERY, METADATA, TOKEN, ADMIN -> false;
      default -> true;
    };
  }
}
