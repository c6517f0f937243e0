package io.epicfhir.extract.bulk;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.Link;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A finished export's table of contents. Standard: Bulk Data Access 2.0, "Response - Complete
 * Status".
 *
 * @param transactionTime the server's time of the export
 * @param tokenForFiles whether the files want the access token
 * @param files of all three lists, in order
 */
public record Manifest(Instant transactionTime, boolean tokenForFiles, List<RemoteFile> files) {
  private static final JsonMapper MAPPER = new JsonMapper();

  public Manifest {
    files = List.copyOf(files);
  }

  /**
   * Reads a manifest and checks what must be right before a file is touched.
   *
   * @throws JobException {@link ExitCode#REFUSED} where it is not; nothing is made up in its place
   */
  public static Manifest parse(List<String> pages) {
    List<RemoteFile> files = new ArrayList<>();
    JsonNode first = root(pages.get(0));
    for (String page : pages) {
      JsonNode root = root(page);
      if (!root.path("output").isArray()) {
        throw refused("output is missing");
      }
      requireSame(first, root);
      addFiles(files, root.path("output"), FileKind.OUTPUT);
      addFiles(files, root.path("deleted"), FileKind.DELETED);
      addFiles(files, root.path("error"), FileKind.ERROR);
    }
    requireDistinct(files);
    return new Manifest(
        transactionTime(first), first.path("requiresAccessToken").booleanValue(), files);
  }

  /** Where a page's continuation is; empty on the last. */
  static Optional<URI> next(String page) {
    for (JsonNode link : root(page).path("link")) {
      if (link.path("relation").asText().equals("next")) {
        return Optional.of(uri(link.path("url").asText("")));
      }
    }
    return Optional.empty();
  }

  private static JsonNode root(String json) {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw refused("it is not JSON"); // not as cause: it quotes what it could not read
    }
    if (!root.path("requiresAccessToken").isBoolean()) {
      throw refused("requiresAccessToken is missing");
    }
    return root;
  }

  private static void requireSame(JsonNode first, JsonNode page) {
    for (String key : List.of("transactionTime", "requiresAccessToken")) {
      if (!first.path(key).equals(page.path(key))) {
        throw refused("its pages differ in " + key);
      }
    }
  }

  private static Instant transactionTime(JsonNode root) {
    String text = root.path("transactionTime").asText("");
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw refused("transactionTime is not an instant: \"" + shortened(text) + "\"");
    }
  }

  private static void addFiles(List<RemoteFile> files, JsonNode list, FileKind kind) {
    for (JsonNode one : list) {
      String type = one.path("type").asText("");
      String url = one.path("url").asText("");
      JsonNode count = one.path("count");
      if (!type.matches("[A-Z][A-Za-z]{1,63}") && kind != FileKind.ERROR) {
        throw refused("a file has no resource type: \"" + shortened(type) + "\"");
      }
      if (kind == FileKind.DELETED && !type.equals("Bundle")) {
        throw refused("a deleted file is of type " + type + ", not Bundle");
      }
      URI uri = uri(url);
      if (!count.isMissingNode() && !count.isNull() && !count.canConvertToLong()) {
        throw refused("the count of a " + type + " file is no number");
      }
      Long announced = count.isIntegralNumber() ? (Long) count.longValue() : null;
      files.add(new RemoteFile(kind, type, kind.prefix() + name(uri), uri, announced));
    }
  }

  private static URI uri(String url) {
    try {
      URI uri = Link.absolute(url);
      if (uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw refused("the url of a file is not absolute, or cannot be read");
    }
    throw refused("the url of a file names no server");
  }

  private static String name(URI uri) {
    return Link.path(uri).replaceAll("^/+", "");
  }

  /** A file listed twice would be landed twice, and names must tell lines apart. */
  private static void requireDistinct(List<RemoteFile> files) {
    Set<URI> urls = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < files.size(); i++) {
      RemoteFile file = files.get(i);
      if (!urls.add(file.url())) {
        throw refused("it lists the file " + file.name() + " twice");
      }
      if (!names.add(file.name())) {
        // Told apart by their query only.
        String name = file.name() + "#" + i;
        files.set(i, new RemoteFile(file.kind(), file.type(), name, file.url(), file.count()));
      }
    }
  }

  private static String shortened(String text) {
    return text.substring(0, Math.min(text.length(), 40));
  }

  static JobException refused(String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot use the export's manifest: "
            + why
            + "; it is kept as manifest-refused.json with the export's state: show it to the server's operator");
  }
}
