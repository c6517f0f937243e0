package io.epicfhir.extract.crawl.pages;

import io.epicfhir.extract.crawl.settings.CrawlSettings;
import java.io.Serializable;
import java.net.URI;
import java.util.Locale;
import java.util.Set;

/**
 * Which references lead to resources that are fetched by them: relative ones and those below the
 * FHIR base, whose scheme and host may stand in any case or be left out.
 *
 * @param base the FHIR base with a slash at its end
 * @param types that are fetched by reference
 * @param attachmentTypes whose attachments are fetched
 */
public record References(String base, Set<String> types, Set<String> attachmentTypes)
    implements Serializable {
  private static final String BINARY = "Binary/";
  private static final String ELSEWHERE = "elsewhere/";
  private static final String AUTHORITY = "://";

  /** Types whose resources belong to no patient. */
  private static final Set<String> SHARED =
      Set.of(
          "Medication",
          "Practitioner",
          "PractitionerRole",
          "Organization",
          "Location",
          "HealthcareService",
          "Endpoint",
          "Substance");

  public static References of(URI base, CrawlSettings settings) {
    return new References(
        base + "/",
        Set.copyOf(settings.hydrate()),
        settings.attachments().enabled() ? Set.copyOf(settings.attachments().types()) : Set.of());
  }

  /** Whether what is referred to belongs to no patient. */
  public static boolean isShared(String reference) {
    return SHARED.contains(reference.substring(0, reference.indexOf('/')));
  }

  /** The references to resources of one type. */
  public static References to(URI base, String type) {
    return new References(base + "/", Set.of(type), Set.of());
  }

  /** "Type/id" without a version; null where it is none of these. */
  public String reference(String text) {
    String relative = relative(text);
    int slash = relative.indexOf('/');
    return slash > 0 && types.contains(relative.substring(0, slash)) ? key(relative, slash) : null;
  }

  /** The id of a reference to a resource of the one type; empty where it is none. */
  public String id(String text) {
    String reference = reference(text);
    return reference == null ? "" : reference.substring(reference.indexOf('/') + 1);
  }

  /** "Binary/id" of a document; null where it is not at this server or not wanted. */
  String attachment(String owner, String url) {
    String relative = relative(url);
    return attachmentTypes.contains(owner) && relative.startsWith(BINARY)
        ? key(relative, BINARY.length() - 1)
        : null;
  }

  /**
   * An attachment's address that leads to no document of this server, so that it is counted; null
   * where attachments of the owner are not wanted.
   */
  String elsewhere(String owner, String url) {
    return attachmentTypes.contains(owner) && !url.isBlank() ? ELSEWHERE + url : null;
  }

  /** Whether it names a document that is not at this server. */
  public static boolean isElsewhere(String reference) {
    return reference.startsWith(ELSEWHERE);
  }

  /** What comes after the base; the text itself where it leads elsewhere. */
  public String relative(String text) {
    String written = text.strip();
    while (written.startsWith("./")) {
      written = written.substring(2);
    }
    if (written.startsWith("/") && path(base) > 0) {
      String basePath = base.substring(path(base));
      return written.startsWith(basePath) ? written.substring(basePath.length()) : written;
    }
    return belowBase(written);
  }

  private String belowBase(String text) {
    if (text.startsWith(base)) {
      return text.substring(base.length());
    }
    int path = path(text);
    int basePath = path(base);
    boolean below =
        path > 0
            && basePath > 0
            && origin(text.substring(0, path)).equals(origin(base.substring(0, basePath)))
            && text.startsWith(base.substring(basePath), path);
    return below ? text.substring(path + base.length() - basePath) : text;
  }

  /** Where the path begins; below 0 where the text is not absolute. */
  private static int path(String text) {
    int authority = text.indexOf(AUTHORITY);
    return authority < 0 ? -1 : text.indexOf('/', authority + AUTHORITY.length());
  }

  private static String origin(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    String port = lower.startsWith("https:") ? ":443" : ":80";
    return lower.endsWith(port) ? lower.substring(0, lower.length() - port.length()) : lower;
  }

  /** A version, a query such as _format and a fragment are no part of the id. */
  private static String key(String written, int slash) {
    String relative = written.replaceFirst("[?#].*", "").replaceFirst("/+$", "");
    int end = relative.indexOf('/', slash + 1);
    boolean named = relative.length() > slash + 1 && end != slash + 1;
    if (!named || (end > 0 && !relative.startsWith("/_history/", end))) {
      return null;
    }
    return end < 0 ? relative : relative.substring(0, end);
  }
}
