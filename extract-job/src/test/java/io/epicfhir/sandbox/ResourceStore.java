package io.epicfhir.sandbox;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
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
  private final Path folder;
  private final Path copies;
  private final Ticks ticks;
  private int loads;
  private volatile Generation current = new Generation(Map.of(), List.of());

  /** What a reload found, by content. */
  public record Reload(int created, int changed, int deleted) {}

  ResourceStore(Path folder, Ticks ticks) throws IOException {
    this.folder = folder;
    this.ticks = ticks;
    this.copies = Files.createTempDirectory("sandbox-store");
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
      byType.computeIfAbsent(line.type(), t -> new ArrayList<>()).add(at(line, since));
    }
    List<Generation.Deletion> deletions = deletions(before, after, now);
    long created = changed.stream().filter(key -> !before.containsKey(key)).count();
    int deleted = (int) before.keySet().stream().filter(key -> !after.contains(key)).count();
    current = new Generation(byType, deletions);
    return new Reload((int) created, changed.size() - (int) created, deleted);
  }

  /** Resources of each type, as an export of everything would count them. */
  public Map<String, Integer> counts() {
    Map<String, Integer> counts = new TreeMap<>();
    current.byType().forEach((type, lines) -> counts.put(type, lines.size()));
    return counts;
  }

  Generation current() {
    return current;
  }

  /** A folder for files that live as long as the server. */
  Path scratch() {
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
        if (!after.contains(line.key()) && !line.id().isEmpty()) {
          String patient = SearchRow.of(line, reader.bytes(line)).patient();
          deletions.add(new Generation.Deletion(line.type(), line.id(), patient, now));
        }
      }
    }
    return deletions;
  }

  private List<StoredLine> read(Instant now) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.ndjson")) {
      found.forEach(files::add);
    }
    files.sort(Comparator.comparing(Path::getFileName));
    Path copy = Files.createDirectory(copies.resolve(Integer.toString(loads++)));
    List<StoredLine> lines = new ArrayList<>();
    for (Path file : files) {
      Path mine = Files.copy(file, copy.resolve(file.getFileName()));
      endWithLineFeed(mine);
      lines.addAll(LineScanner.scan(mine, now));
    }
    return lines;
  }

  private static void endWithLineFeed(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      if (bytes.length() > 0) {
        bytes.seek(bytes.length() - 1);
        if (bytes.read() != '\n') {
          bytes.write('\n');
        }
      }
    }
  }

  private static void each(
      Generation generation, java.util.function.Consumer<StoredLine> consumer) {
    generation.byType().values().forEach(lines -> lines.forEach(consumer));
  }

  private static StoredLine at(StoredLine line, Instant changed) {
    return new StoredLine(
        line.type(), line.id(), line.digest(), line.file(), line.offset(), line.length(), changed);
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
