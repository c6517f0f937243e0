package io.epicfhir.extract;

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
 */
record Ask(
    String what,
    String method,
    URI url,
    Map<String, String> headers,
    boolean token,
    boolean repeatable) {

  Ask {
    headers = Map.copyOf(headers);
  }

  static Ask get(String what, URI url, String accept) {
    return new Ask(what, "GET", url, Map.of("Accept", accept), false, true);
  }

  static Ask delete(String what, URI url) {
    return new Ask(what, "DELETE", url, Map.of("Accept", "application/fhir+json"), false, true);
  }

  Ask with(String name, String value) {
    Map<String, String> more = new java.util.HashMap<>(headers);
    more.put(name, value);
    return new Ask(what, method, url, more, token, repeatable);
  }

  Ask withToken() {
    return new Ask(what, method, url, headers, true, repeatable);
  }

  /** For a request that starts something: where its answer is lost, it is not sent again. */
  Ask once() {
    return new Ask(what, method, url, headers, token, false);
  }
}
