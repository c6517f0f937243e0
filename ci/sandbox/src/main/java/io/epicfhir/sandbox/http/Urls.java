package io.epicfhir.sandbox.http;

/**
 * The server's addresses, all absolute.
 *
 * @param fileOrigin where the files of exports are
 */
public record Urls(String origin, String fileOrigin) {
  public String fhirBase() {
    return origin + Route.FHIR_PATH;
  }

  public String token() {
    return origin + Route.TOKEN_PATH;
  }

  public String status(String exportId) {
    return origin + statusPath(exportId);
  }

  public String file(String exportId, String name) {
    return fileOrigin + statusPath(exportId) + "/" + name;
  }

  private static String statusPath(String exportId) {
    return Route.FHIR_PATH + "/" + Route.STATUS_SEGMENT + "/" + exportId;
  }
}
