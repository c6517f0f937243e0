package io.epicfhir.sandbox.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.epic.Ndjson;
import io.epicfhir.sandbox.lines.Reach;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Applies merges, retractions, hiding and corrections to the lines they concern; every other line
 * keeps its bytes, and a file without any is used as it is.
 */
final class SiteEdits {
  private final SiteChanges changes;

  SiteEdits(SiteChanges changes) {
    this.changes = changes;
  }

  List<ServedFolder.ServedFile> apply(List<ServedFolder.ServedFile> files, Path to)
      throws IOException {
    if (!changes.editsResources()) {
      return files;
    }
    List<byte[]> marks = marks();
    List<ServedFolder.ServedFile> edited = new ArrayList<>();
    for (ServedFolder.ServedFile file : files) {
      if (!concerns(file.path(), marks)) {
        edited.add(file);
        continue;
      }
      edited.add(rewritten(file, file.reach(), marks, to));
      if (!changes.hidden.isEmpty() && file.reach() != Reach.READ_ONLY) {
        edited.add(rewritten(file, Reach.READ_ONLY, marks, to.resolve("hidden")));
      }
    }
    return edited;
  }

  /** A line that is concerned holds one of these. */
  private List<byte[]> marks() {
    Set<String> marks = new HashSet<>();
    changes.merges.forEach(
        (from, to) -> {
          marks.add(quoted("Patient/" + from));
          marks.add(quoted(from));
          marks.add(quoted(changes.survivor(from).orElse(to)));
        });
    changes.retracted.forEach(key -> marks.add(quoted(key.substring(key.indexOf('/') + 1))));
    changes.hidden.forEach(key -> marks.add(quoted(key.substring(key.indexOf('/') + 1))));
    changes
        .corrections
        .keySet()
        .forEach(key -> marks.add(quoted(key.substring(key.indexOf('/') + 1))));
    return marks.stream().map(mark -> mark.getBytes(StandardCharsets.UTF_8)).toList();
  }

  private static String quoted(String text) {
    return "\"" + text + "\"";
  }

  private static boolean concerns(Path file, List<byte[]> marks) throws IOException {
    boolean[] found = new boolean[1];
    Ndjson.lines(file, line -> found[0] |= !found[0] && hasAny(line, marks));
    return found[0];
  }

  /** The file's lines that are found so. */
  private ServedFolder.ServedFile rewritten(
      ServedFolder.ServedFile file, Reach reach, List<byte[]> marks, Path to) throws IOException {
    Path folder = Files.createDirectories(to.resolve(file.reach().name()));
    Path result = folder.resolve(file.path().getFileName());
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(result), 1 << 18)) {
      Ndjson.lines(
          file.path(),
          line -> {
            boolean marked = hasAny(line, marks);
            boolean hidden = file.reach() == Reach.READ_ONLY || (marked && hidden(line));
            boolean mine = hidden == (reach == Reach.READ_ONLY);
            Optional<byte[]> kept = marked ? edited(line) : Optional.of(line);
            if (mine && kept.isPresent()) {
              out.write(kept.get());
              out.write('\n');
            }
          });
    }
    return new ServedFolder.ServedFile(result, reach);
  }

  private boolean hidden(byte[] line) {
    return Ndjson.parse(line)
        .map(r -> r.path("resourceType").asText() + "/" + r.path("id").asText())
        .filter(changes.hidden::contains)
        .isPresent();
  }

  /** Empty where the resource is gone. */
  private Optional<byte[]> edited(byte[] line) {
    Optional<ObjectNode> parsed = Ndjson.parse(line);
    if (parsed.isEmpty()) {
      return Optional.of(line);
    }
    String id = parsed.get().path("id").asText();
    String key = parsed.get().path("resourceType").asText() + "/" + id;
    if (changes.retracted.contains(key)
        || (key.startsWith("Patient/") && changes.merges.containsKey(id))) {
      return Optional.empty();
    }
    byte[] moved = moved(line);
    boolean survives = key.startsWith("Patient/") && changes.merges.containsValue(id);
    JsonNode correction = changes.corrections.get(key);
    if (!survives && correction == null) {
      return Optional.of(moved);
    }
    ObjectNode resource = Ndjson.parse(moved).orElseThrow();
    if (correction != null) {
      resource.setAll((ObjectNode) correction);
    }
    if (survives) {
      link(resource, id);
    }
    return Optional.of(Ndjson.bytes(resource));
  }

  /** The same bytes, but for the references to retired patients. */
  private byte[] moved(byte[] line) {
    String text = new String(line, StandardCharsets.ISO_8859_1);
    for (String from : changes.merges.keySet()) {
      String to = changes.survivor(from).orElse(from);
      text = text.replace(quoted("Patient/" + from), quoted("Patient/" + to));
    }
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private void link(ObjectNode survivor, String id) {
    ArrayNode links = survivor.withArray("link");
    for (String from : new TreeMap<>(changes.merges).keySet()) {
      if (changes.survivor(from).filter(id::equals).isPresent()) {
        ObjectNode link = links.addObject();
        link.putObject("other").put("reference", "Patient/" + from);
        link.put("type", "replaces");
      }
    }
  }

  private static boolean hasAny(byte[] line, List<byte[]> marks) {
    return marks.stream().anyMatch(mark -> has(line, mark));
  }

  private static boolean has(byte[] line, byte[] mark) {
    for (int i = 0; i + mark.length <= line.length; i++) {
      int same = 0;
      while (same < mark.length && line[i + same] == mark[same]) {
        same++;
      }
      if (same == mark.length) {
        return true;
      }
    }
    return false;
  }
}
