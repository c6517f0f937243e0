package io.epicfhir.extract.bulk.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ByteOrderMark;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A finished export's table of contents. Standard: Bulk Data Access 2.0, "Response - Complete
 * Status"; 3.0 and 4.0 are read alike.
 *
 * @param transactionTime the server's time of the export
 * @param fileToken which files want the access token
 * @param files of all lists, in order
 */
public record Manifest(Instant transactionTime, FileToken fileToken, List<RemoteFile> files) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** The standard's keys, and which lists of files they are; 4.0 calls the errors outcome. */
  private static final Map<String, FileKind> LISTS =
      Map.of(
          "output", FileKind.OUTPUT,
          "deleted", FileKind.DELETED,
          "error", FileKind.ERROR,
          "outcome", FileKind.ERROR);

  /** Keys whose values have links although they list no files. */
  private static final Set<String> NO_FILES = Set.of("link", "extension", "request");

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
    Set<URI> continuations = new LinkedHashSet<>();
    JsonNode first = root(pages.get(0));
    for (String page : pages) {
      JsonNode root = root(page);
      requireOutput(root);
      requireSame(first, root);
      requireKnownLists(root);
      for (String list : List.of("output", "deleted", "error", "outcome")) {
        addFiles(files, list(root, list), LISTS.get(list));
        list(root, list)
            .forEach(one -> ManifestFiles.continuation(one).ifPresent(continuations::add));
      }
    }
    files.forEach(file -> continuations.remove(file.url()));
    if (!continuations.isEmpty()) {
      throw refused(
          "a file continues in another one (continuesInFile) that the manifest does not list");
    }
    return new Manifest(
        transactionTime(first),
        FileToken.of(first.path("requiresAccessToken")),
        ManifestFiles.distinct(files));
  }

  /**
   * Where a page's continuation is; empty on the last. A link that is not understood could be one
   * to a page with more files, so it is refused.
   *
   * @param base where the page came from
   */
  public static Optional<URI> next(String page, URI base) {
    return ManifestLinks.next(root(page).path("link"), base);
  }

  /**
   * Whether the server lists what was deleted, be it nothing. The standard wants the list in the
   * answer to _since, and lets a server leave it out that has or reports no deletions.
   */
  public static boolean listsDeletions(List<String> pages) {
    return pages.stream().anyMatch(page -> root(page).path("deleted").isArray());
  }

  private static JsonNode root(String json) {
    JsonNode root;
    try {
      root = MAPPER.readTree(ByteOrderMark.removed(json));
    } catch (JsonProcessingException e) {
      throw refused("it is not JSON"); // not as cause: it quotes what it could not read
    }
    if (!root.isObject()) {
      throw refused("it is not a JSON object");
    }
    return root;
  }

  /**
   * 4.0 leaves empty lists out, as FHIR does; 2.0 and 3.0 have output in any case. Null is neither
   * an empty list nor an absent one: who writes it has failed to fill the list.
   */
  private static void requireOutput(JsonNode root) {
    if (root.path("resourceType").asText("").equals("OperationOutcome")) {
      throw refused("it is an OperationOutcome");
    }
    boolean newest = root.has("manifestType") || root.has("outputFormat");
    if (root.path("output").isNull() || (!root.has("output") && !newest)) {
      throw refused("output is missing");
    }
  }

  private static JsonNode list(JsonNode root, String key) {
    JsonNode list = root.path(key);
    if (!list.isArray() && !list.isMissingNode() && !list.isNull()) {
      throw refused(key + " is not a list");
    }
    return list;
  }

  /** What is not understood may say that data are missing, or hold data. */
  private static void requireKnownLists(JsonNode root) {
    for (Map.Entry<String, JsonNode> one : root.properties()) {
      String key = one.getKey();
      boolean known = LISTS.containsKey(key) || NO_FILES.contains(key);
      if (!known && ManifestLinks.mayHoldMore(key, one.getValue())) {
        throw refused("an unknown key has files, errors or a link to a page");
      }
    }
  }

  private static void requireSame(JsonNode first, JsonNode page) {
    if (page.hasNonNull("transactionTime")
        && !transactionTime(first).equals(transactionTime(page))) {
      throw refused("its pages differ in transactionTime");
    }
    if (page.hasNonNull("requiresAccessToken")
        && FileToken.of(first.path("requiresAccessToken"))
            != FileToken.of(page.path("requiresAccessToken"))) {
      throw refused("its pages differ in requiresAccessToken");
    }
  }

  private static Instant transactionTime(JsonNode root) {
    String text = root.path("transactionTime").asText("");
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw refused("transactionTime is not an instant");
    }
  }

  private static void addFiles(List<RemoteFile> files, JsonNode list, FileKind listed) {
    for (JsonNode one : list) {
      RemoteFile file = ManifestFiles.file(one, listed);
      boolean twice = listed == FileKind.ERROR && files.contains(file); // error and outcome
      if (!twice) {
        files.add(file);
      }
    }
  }

  public static JobException refused(String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot use the export's manifest: "
            + why
            + "; the manifest is in state/exports/<id>/manifest-refused.json; send it to the"
            + " server's operator");
  }
}
