package io.epicfhir.sandbox;

/**
 * The server's addresses, all absolute.
 *
 * @param fileOrigin where the files of exports are
 */
record Urls(String origin, String fileOrigin) {
  String fhirBase() {
    return origin + Route.FHIR_PATH;
  }

  String token() {
    return origin + Route.TOKEN_PATH;
  }

  String status(String exportId) {
    return origin + statusPath(exportId);
  }

  String file(String exportId, String name) {
    return fileOrigin + statusPath(exportId) + "/" + name;
  }

  private static String statusPath(String exportId) {
    return Route.FHIR_PATH + "/" + Route.STATUS_SEGMENT + "/" + exportId;
  }
}
