package io.epicfhir.extract.bulk.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.extract.source.request.Link;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a manifest's page leads to beside its lists of files. Whatever may be more of the export and
 * is not understood is refused: a manifest that was cut would pass for a whole one.
 */
final class ManifestLinks {
  /** Severities of issues by which no data are missing. */
  private static final Set<String> MILD = Set.of("information", "success");

  private ManifestLinks() {}

  /** The page after this one; the standard's list of links, or one link in place of the list. */
  static Optional<URI> next(JsonNode links, URI base) {
    if (links.isMissingNode() || links.isNull()) {
      return Optional.empty();
    }
    if (!links.isArray() && !links.isObject()) {
      throw Manifest.refused("link is not a list of links");
    }
    Set<URI> pages = new LinkedHashSet<>();
    for (JsonNode link : links.isObject() ? List.of(links) : links) {
      String relation = link.path("relation").asText("").strip().toLowerCase(Locale.ROOT);
      if (relation.isEmpty()) {
        throw Manifest.refused("a link has no relation");
      }
      if (relation.equals("next")) {
        pages.add(resolved(base, link.path("url")));
      }
    }
    if (pages.size() > 1) {
      throw Manifest.refused("it has more than one next page");
    }
    return pages.stream().findFirst();
  }

  /** A link of the manifest's own, which may be relative. Standard: RFC 3986, 5.2. */
  private static URI resolved(URI base, JsonNode link) {
    try {
      return Link.resolve(base, link.asText(""));
    } catch (IllegalArgumentException e) {
      throw Manifest.refused("the url of its next page cannot be read");
    }
  }

  /** Whether the value of a key that is not known may list files, errors, or a further page. */
  static boolean mayHoldMore(String key, JsonNode value) {
    boolean page = key.toLowerCase(Locale.ROOT).contains("next") && isLink(value);
    return page || (value.isContainerNode() && leadsOn(value));
  }

  private static boolean leadsOn(JsonNode value) {
    String severity = value.path("severity").asText("").strip().toLowerCase(Locale.ROOT);
    if (isLink(value) || (!severity.isEmpty() && !MILD.contains(severity))) {
      return true;
    }
    for (JsonNode child : value) {
      if (leadsOn(child)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isLink(JsonNode value) {
    return value.isTextual() && value.asText().matches("(?is)\\s*(https?:/|/).+");
  }
}
