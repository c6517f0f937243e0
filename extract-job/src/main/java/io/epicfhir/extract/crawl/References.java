package io.epicfhir.extract.crawl;

import java.net.URI;
import java.util.Set;

/**
 * Which references lead to resources that are fetched by them: relative ones and those below the
 * FHIR base.
 *
 * @param base the FHIR base with a slash at its end
 * @param types that are fetched by reference
 * @param attachmentTypes whose attachments are fetched
 */
record References(String base, Set<String> types, Set<String> attachmentTypes) {
  private static final String BINARY = "Binary/";

  static References of(URI base, CrawlSettings settings) {
    return new References(
        base + "/",
        Set.copyOf(settings.hydrate()),
        settings.attachments().enabled() ? Set.copyOf(settings.attachments().types()) : Set.of());
  }

  /** "Type/id" without a version; null where it is none of these. */
  String reference(String text) {
    String relative = relative(text);
    int slash = relative.indexOf('/');
    return slash > 0 && types.contains(relative.substring(0, slash)) ? key(relative, slash) : null;
  }

  /** "Binary/id" of a document; null where it is not at this server or not wanted. */
  String attachment(String owner, String url) {
    String relative = relative(url);
    return attachmentTypes.contains(owner) && relative.startsWith(BINARY)
        ? key(relative, BINARY.length() - 1)
        : null;
  }

  private String relative(String text) {
    return text.startsWith(base) ? text.substring(base.length()) : text;
  }

  private static String key(String relative, int slash) {
    int end = relative.indexOf('/', slash + 1);
    if (end > 0 && !relative.startsWith("/_history/", end)) {
      return null;
    }
    String key = end < 0 ? relative : relative.substring(0, end);
    String id = key.substring(slash + 1);
    return id.isEmpty() || id.indexOf('?') >= 0 || id.indexOf('#') >= 0 ? null : key;
  }
}
