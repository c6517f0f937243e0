package io.epicfhir.extract.crawl;

import java.net.URI;
import java.util.Optional;

/** Where a page's next link leads; RFC 3986, also for characters that Java's URI refuses. */
final class NextLink {
  private NextLink() {}

  /** Empty where the link is no address. */
  static Optional<URI> of(URI page, String link) {
    String text = link.strip().replace("|", "%7C").replace(" ", "%20");
    try {
      if (text.startsWith("?")) { // URI.resolve would cut the path's last segment
        String whole = page.toString();
        int query = whole.indexOf('?');
        return Optional.of(URI.create((query < 0 ? whole : whole.substring(0, query)) + text));
      }
      return Optional.of(page.resolve(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
