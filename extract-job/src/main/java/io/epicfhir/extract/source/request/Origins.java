package io.epicfhir.extract.source.request;

import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * Where requests may go: the FHIR base's own origin, and those that the settings allow for export
 * files, next links and redirects.
 */
public record Origins(URI home, List<URI> allowed) {

  /** The FHIR base's own. */
  public boolean atHome(URI url) {
    return same(home, url);
  }

  /** The FHIR base's own, or one of the settings. */
  public boolean allows(URI url) {
    return atHome(url) || allowed.stream().anyMatch(origin -> same(origin, url));
  }

  private static boolean same(URI a, URI b) {
    return b.getHost() != null
        && lower(a.getScheme()).equals(lower(b.getScheme()))
        && lower(a.getHost()).equals(lower(b.getHost()))
        && port(a) == port(b);
  }

  private static String lower(String text) {
    return String.valueOf(text).toLowerCase(Locale.ROOT);
  }

  private static int port(URI url) {
    if (url.getPort() >= 0) {
      return url.getPort();
    }
    return "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
  }
}
