package io.epicfhir.sandbox.http;

import java.util.List;

/**
 * Where a request goes, read from method and path.
 *
 * @param type a resource type, where the path names one
 * @param id a resource, group or export id
 * @param file the name of an export's file
 */
public record Route(RequestKind kind, String type, String id, String file) {
  static final String TOKEN_PATH = "/oauth2/token";
  static final String FHIR_PATH = "/api/FHIR/R4";
  public static final String ADMIN_PATH = "/sandbox";
  static final String STATUS_SEGMENT = "BulkRequest";

  public static Route of(String method, String path) {
    if (path.equals(TOKEN_PATH)) {
      return new Route(RequestKind.TOKEN, "", "", "");
    }
    if (path.startsWith(ADMIN_PATH + "/")) {
      return new Route(RequestKind.ADMIN, "", path.substring(ADMIN_PATH.length() + 1), "");
    }
    if (path.startsWith(FHIR_PATH + "/")) {
      return fhir(method, List.of(path.substring(FHIR_PATH.length() + 1).split("/", -1)));
    }
    return new Route(RequestKind.UNKNOWN, "", "", "");
  }

  private static Route fhir(String method, List<String> parts) {
    String first = parts.get(0);
    String second = parts.size() > 1 ? parts.get(1) : "";
    String third = parts.size() > 2 ? parts.get(2) : "";
    RequestKind kind =
        switch (parts.size()) {
          case 1 -> first.equals("metadata") ? RequestKind.METADATA : RequestKind.SEARCH;
          case 2 -> two(method, first, second);
          case 3 -> three(first, third);
          default -> RequestKind.UNKNOWN;
        };
    boolean bulk = first.equals(STATUS_SEGMENT);
    String type = bulk ? third.replaceFirst("-.*", "") : first;
    return new Route(kind, type, second, bulk ? third : "");
  }

  private static RequestKind two(String method, String first, String second) {
    if (first.equals(".well-known") && second.equals("smart-configuration")) {
      return RequestKind.DISCOVERY;
    }
    if (first.equals(STATUS_SEGMENT)) {
      return method.equals("DELETE") ? RequestKind.DELETE : RequestKind.STATUS;
    }
    return second.startsWith("$") ? RequestKind.UNKNOWN : RequestKind.READ;
  }

  private static RequestKind three(String first, String third) {
    if (first.equals(STATUS_SEGMENT)) {
      return RequestKind.FILE;
    }
    return first.equals("Group") && third.equals("$export")
        ? RequestKind.KICK_OFF
        : RequestKind.UNKNOWN;
  }
}
