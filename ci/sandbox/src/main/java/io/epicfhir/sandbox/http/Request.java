package io.epicfhir.sandbox.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One HTTP request, whole.
 *
 * @param uri path and query as the client sent them
 * @param path the decoded path
 * @param query the decoded query parameters
 */
public record Request(
    String method,
    String uri,
    String path,
    Map<String, List<String>> query,
    HttpHeaders headers,
    String body,
    InetAddress client) {

  private static final String SEARCH = "/_search";

  /**
   * The same search with its parameters in the address, where it is one by POST; standard:
   * https://hl7.org/fhir/R4/http.html#search.
   */
  public Request asSearch() {
    boolean form =
        header("Content-Type").orElse("").startsWith("application/x-www-form-urlencoded");
    if (!method.equals("POST") || !path.endsWith(SEARCH) || !form) {
      return this;
    }
    int end = uri.indexOf(SEARCH);
    String more = uri.substring(end + SEARCH.length()).replaceFirst("^\\?", "&");
    String get = uri.substring(0, end) + "?" + body + more;
    QueryStringDecoder decoded = new QueryStringDecoder(get);
    return new Request("GET", get, decoded.path(), decoded.parameters(), headers, "", client);
  }

  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  /** Whether a comma-separated header, such as Accept or Prefer, names this value. */
  public boolean prefers(String header, String value) {
    for (String line : headers.getAll(header)) {
      for (String part : line.split(",", -1)) {
        if (part.split(";", -1)[0].strip().equalsIgnoreCase(value)) {
          return !part.toLowerCase(Locale.ROOT).replace(" ", "").endsWith(";q=0");
        }
      }
    }
    return false;
  }
}
