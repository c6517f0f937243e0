package io.epicfhir.extract.source.request;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/**
 * A request to the server.
 *
 * @param what "verb thing", for messages
 * @param method GET, POST or DELETE
 * @param url absolute; may hold a signature in its query, so that is never shown in a message
 * @param headers besides the authorisation
 * @param token whether the access token goes with it
 * @param repeatable whether asking twice does no harm
 * @param alone whether a 429 is about this request only (one export too many, a status too early),
 *     so that its Retry-After keeps no other request waiting
 * @param body what goes with a POST: FHIR JSON, or what the header Content-Type says; null for none
 * @param base of the FHIR server, whose path a message may show; null where it is not known
 */
public record Ask(
    String what,
    String method,
    URI url,
    Map<String, String> headers,
    boolean token,
    boolean repeatable,
    boolean alone,
    String body,
    URI base) {

  public Ask {
    headers = Map.copyOf(headers);
  }

  public static Ask get(String what, URI url, String accept) {
    return of(what, "GET", url, accept, null);
  }

  /** A POST of FHIR JSON. */
  public static Ask post(String what, URI url, String accept, String body) {
    return of(what, "POST", url, accept, body);
  }

  /** A search whose parameters stand in the body, not in an address that servers log. */
  public static Ask search(String what, URI url, String accept, String query) {
    return of(what, "POST", url, accept, query)
        .with("Content-Type", "application/x-www-form-urlencoded");
  }

  public static Ask delete(String what, URI url) {
    return of(what, "DELETE", url, "application/fhir+json", null);
  }

  private static Ask of(String what, String method, URI url, String accept, String body) {
    return new Ask(what, method, url, Map.of("Accept", accept), false, true, false, body, null);
  }

  public Ask with(String name, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(name, value);
    return new Ask(what, method, url, more, token, repeatable, alone, body, base);
  }

  public Ask withToken() {
    return new Ask(what, method, url, headers, true, repeatable, alone, body, base);
  }

  public Ask withoutToken() {
    return new Ask(what, method, url, headers, false, repeatable, alone, body, base);
  }

  public Ask to(URI other) {
    return new Ask(what, method, other, headers, token, repeatable, alone, body, base);
  }

  /** For a request that starts something: where its answer is lost, it is not sent again. */
  public Ask once() {
    return new Ask(what, method, url, headers, token, false, true, body, base);
  }

  /** A 429 or 503 to it keeps no other request waiting: it is of one export of several. */
  public Ask standingAlone() {
    return new Ask(what, method, url, headers, token, repeatable, true, body, base);
  }

  /** The same, of a server with this base. */
  public Ask under(URI fhirBase) {
    return new Ask(what, method, url, headers, token, repeatable, alone, body, fhirBase);
  }

  /** The request's method and address, for messages: without query, ids and names. */
  public String at() {
    return " [" + method + " " + ShownLink.of(url, base) + "]";
  }
}
