package io.epicfhir.extract.bulk.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.extract.source.request.Link;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The entries of a manifest's lists. */
final class ManifestFiles {
  private static final String OUTCOME = "OperationOutcome";

  private ManifestFiles() {}

  /** One entry. */
  static RemoteFile file(JsonNode one, FileKind listed) {
    String type = one.path("type").asText("");
    // Some servers list what could not be exported among the output.
    FileKind kind = listed == FileKind.OUTPUT && type.equals(OUTCOME) ? FileKind.ERROR : listed;
    if (!type.matches("[A-Z][A-Za-z]{1,63}") && kind != FileKind.ERROR) {
      throw Manifest.refused("a file has no resource type");
    }
    if (kind == FileKind.DELETED && !type.equals("Bundle")) {
      throw Manifest.refused("a deleted file is of a type that is not Bundle");
    }
    URI uri = uri(one.path("url").asText(""));
    return new RemoteFile(
        kind, type, kind.prefix() + name(uri), uri, count(one.path("count"), type));
  }

  /** A whole number, also as text; null where there is none. */
  private static Long count(JsonNode count, String type) {
    if (count.isMissingNode() || count.isNull()) {
      return null;
    }
    if (count.asText("").matches("[0-9]{1,18}(\\.0+)?")) {
      return Long.valueOf(count.asText().replaceFirst("\\..*", ""));
    }
    throw Manifest.refused("the count of a " + type + " file is no number");
  }

  /** Whether an unknown value holds links: then something is there that must not be passed over. */
  static boolean listsFiles(JsonNode value) {
    if (!value.isArray()) {
      return false;
    }
    for (JsonNode one : value) {
      if (isLink(one) || isLink(one.path("url")) || isLink(one.path("location"))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isLink(JsonNode value) {
    return value.isTextual() && value.asText().matches("(?is)\\s*(https?:/|/).+");
  }

  /** A file listed twice would be landed twice, and names must tell lines apart. */
  static List<RemoteFile> distinct(List<RemoteFile> listed) {
    List<RemoteFile> files = new ArrayList<>(listed);
    Set<URI> urls = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < files.size(); i++) {
      RemoteFile file = files.get(i);
      if (!urls.add(file.url())) {
        throw Manifest.refused(
            "it lists the file " + FileLabel.of(file.type(), file.name()) + " twice");
      }
      if (!names.add(file.name())) {
        // Told apart by their query only.
        String name = file.name() + "#" + i;
        files.set(i, new RemoteFile(file.kind(), file.type(), name, file.url(), file.count()));
      }
    }
    return files;
  }

  /** A link of the manifest's own, which may be relative. Standard: RFC 3986, 5.2. */
  static URI resolved(URI base, String link) {
    try {
      return Link.resolve(base, link);
    } catch (IllegalArgumentException e) {
      throw Manifest.refused("the url of its next page cannot be read");
    }
  }

  private static URI uri(String url) {
    try {
      URI uri = Link.absolute(url);
      if (uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw Manifest.refused("the url of a file is not absolute, or cannot be read");
    }
    throw Manifest.refused("the url of a file names no server");
  }

  private static String name(URI uri) {
    return Link.path(uri).replaceAll("^/+", "");
  }
}
