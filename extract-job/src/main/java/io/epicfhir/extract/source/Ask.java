package io.epicfhir.extract.source;

import java.net.URI;
import java.util.Map;

/**
 * A request to the server.
 *
 * @param what "verb thing", for messages
 * @param method GET, POST or DELETE
 * @param url absolute; may hold a signature in its query, so it is never told in a message
 * @param headers besides the authorisation
 * @param token whether the access token goes with it
 * @param repeatable whether asking twice does no harm
 * @param body FHIR JSON that goes with a POST; null for none
 */
public record Ask(
    String what,
    String method,
    URI url,
    Map<String, String> headers,
    boolean token,
    boolean repeatable,
    String body) {

  public Ask {
    headers = Map.copyOf(headers);
  }

  public static Ask get(String what, URI url, String accept) {
    return new Ask(what, "GET", url, Map.of("Accept", accept), false, true, null);
  }

  /** A POST of FHIR JSON. */
  public static Ask post(String what, URI url, String accept, String body) {
    return new Ask(what, "POST", url, Map.of("Accept", accept), false, true, body);
  }

  public static Ask delete(String what, URI url) {
    return new Ask(
        what, "DELETE", url, Map.of("Accept", "application/fhir+json"), false, true, null);
  }

  public Ask with(String name, String value) {
    Map<String, String> more = new java.util.HashMap<>(headers);
    more.put(name, value);
    return new Ask(what, method, url, more, token, repeatable, body);
  }

  public Ask withToken() {
    return new Ask(what, method, url, headers, true, repeatable, body);
  }

  Ask withoutToken() {
    return new Ask(what, method, url, headers, false, repeatable, body);
  }

  Ask to(URI other) {
    return new Ask(what, method, other, headers, token, repeatable, body);
  }

  /** For a request that starts something: where its answer is lost, it is not sent again. */
  public Ask once() {
    return new Ask(what, method, url, headers, token, false, body);
  }
}
