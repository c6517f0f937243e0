package io.epicfhir.sandbox;

/** The server's addresses, all absolute. */
record Urls(String origin) {
  String fhirBase() {
    return origin + Route.FHIR_PATH;
  }

  String token() {
    return origin + Route.TOKEN_PATH;
  }

  String status(String exportId) {
    return fhirBase() + "/" + Route.STATUS_SEGMENT + "/" + exportId;
  }
}
