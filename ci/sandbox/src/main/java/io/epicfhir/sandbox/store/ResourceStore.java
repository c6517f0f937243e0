package io.epicfhir.sandbox.store;

import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.lines.LineReader;
import io.epicfhir.sandbox.lines.LineScanner;
import io.epicfhir.sandbox.lines.Reach;
import io.epicfhir.sandbox.lines.SearchRow;
import io.epicfhir.sandbox.lines.StoredLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A folder of NDJSON, served byte for byte. Each load works on a private copy: the folder may be
 * edited at any time, and nothing of it is seen before the next {@link #reload()}.
 */
public final class ResourceStore implements AutoCloseable {
  private final ServedFolder folder;
  private final Path copies;
  private final Ticks ticks;
  private final SiteChanges changes;
  private volatile Generation current = new Generation(Map.of(), List.of());

  /** What a reload found, by content. */
  public record Reload(int created, int changed, int deleted) {}

  public ResourceStore(Path folder, Ticks ticks, Set<Behaviour> behaviours, SiteChanges changes)
      throws IOException {
    this.ticks = ticks;
    this.changes = changes;
    this.copies = Files.createTempDirectory("sandbox-store");
    this.folder = new ServedFolder(folder, copies, behaviours, changes);
    try {
      reload();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Reads the folder again and compares: every difference is a change made now. */
  public synchronized Reload reload() throws IOException {
    Instant now = ticks.next();
    Map<String, Instant> known = new HashMap<>();
    Map<String, StoredLine> before = new HashMap<>();
    each(current, line -> known.put(line.key() + line.digest(), line.changed()));
    each(current, line -> before.putIfAbsent(line.key(), line));
    Map<String, List<StoredLine>> byType = new TreeMap<>();
    Set<String> after = new HashSet<>();
    Set<String> changed = new HashSet<>();
    for (StoredLine line : read(now)) {
      Instant since = known.getOrDefault(line.key() + line.digest(), now);
      after.add(line.key());
      if (since.equals(now)) {
        changed.add(line.key());
      }
      byType.computeIfAbsent(line.type(), t -> new ArrayList<>()).add(line.changedAt(since));
    }
    List<Generation.Deletion> deletions = deletions(before, after, now);
    long created = changed.stream().filter(key -> !before.containsKey(key)).count();
    int deleted = (int) before.keySet().stream().filter(key -> !after.contains(key)).count();
    current = new Generation(byType, deletions);
    return new Reload((int) created, changed.size() - (int) created, deleted);
  }

  /** Resources of each type that the server holds, found by searches or not. */
  public Map<String, Integer> counts() {
    Map<String, Integer> counts = new TreeMap<>();
    current.byType().forEach((type, lines) -> counts.put(type, lines.size()));
    return counts;
  }

  /** What is served, however it is found. */
  public Generation current() {
    return current;
  }

  /** What searches and exports look at: nothing in an empty night. */
  public Generation searched() {
    return changes.emptyNight ? new Generation(Map.of(), List.of()) : current;
  }

  /** A folder for files that live as long as the server. */
  public Path scratch() {
    return copies;
  }

  private List<Generation.Deletion> deletions(
      Map<String, StoredLine> before, Set<String> after, Instant now) {
    List<Generation.Deletion> deletions = new ArrayList<>();
    for (Generation.Deletion old : current.deletions()) {
      if (!after.contains(old.type() + "/" + old.id())) {
        deletions.add(old);
      }
    }
    try (LineReader reader = new LineReader()) {
      for (StoredLine line : new TreeMap<>(before).values()) {
        boolean found = line.reach() == Reach.SEARCH && !line.id().isEmpty();
        if (found && !after.contains(line.key())) {
          String patient = SearchRow.of(line, reader.bytes(line)).patient();
          deletions.add(new Generation.Deletion(line.type(), line.id(), patient, now));
        }
      }
    }
    return deletions;
  }

  private List<StoredLine> read(Instant now) throws IOException {
    List<StoredLine> lines = new ArrayList<>();
    for (ServedFolder.ServedFile file : folder.read()) {
      lines.addAll(LineScanner.scan(file.path(), file.reach(), now));
    }
    return lines;
  }

  private static void each(
      Generation generation, java.util.function.Consumer<StoredLine> consumer) {
    generation.byType().values().forEach(lines -> lines.forEach(consumer));
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> all = Files.walk(copies)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
