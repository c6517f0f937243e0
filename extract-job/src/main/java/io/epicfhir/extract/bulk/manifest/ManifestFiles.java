package io.epicfhir.extract.bulk.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.Sha256;
import io.epicfhir.extract.source.request.Link;
import java.net.URI;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The entries of a manifest's lists. */
final class ManifestFiles {
  private static final String OUTCOME = "OperationOutcome";
  private static final int LINK_DIGEST = 8;

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
      throw Manifest.refused("a deleted file has a type other than Bundle");
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
    throw Manifest.refused("the count of a " + type + " file is not a number");
  }

  /**
   * Which file the entry's file goes on in; that is listed like any other. Standard: Bulk Data 3.0,
   * "continuesInFile".
   */
  static Optional<URI> continuation(JsonNode one) {
    JsonNode link = one.path("continuesInFile");
    return link.isMissingNode() || link.isNull()
        ? Optional.empty()
        : Optional.of(uri(link.asText("")));
  }

  /**
   * A file listed twice would be landed twice, and names must tell lines apart. Links of one path
   * get a digest of the whole link into the name, all of them: the place in the list would give a
   * file another name where a fresh manifest has another order, and the receipt of one file would
   * be taken for that of another. Where a signature changes the link, the file is a new one.
   */
  static List<RemoteFile> distinct(List<RemoteFile> listed) {
    Set<URI> urls = new HashSet<>();
    Map<String, Integer> names = new HashMap<>();
    for (RemoteFile file : listed) {
      if (!urls.add(file.url())) {
        throw Manifest.refused(
            "it lists the file " + FileLabel.of(file.type(), file.name()) + " twice");
      }
      names.merge(file.name(), 1, Integer::sum);
    }
    return listed.stream().map(file -> names.get(file.name()) == 1 ? file : byLink(file)).toList();
  }

  private static RemoteFile byLink(RemoteFile file) {
    String name = file.name() + "#" + Sha256.hex(Link.written(file.url()), LINK_DIGEST);
    return new RemoteFile(file.kind(), file.type(), name, file.url(), file.count());
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
