package io.epicfhir.extract.crawl.spool;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Every page that came, durable before the next one is asked for: {@code spool/<type>/<segment>}.
 * Segments are only ever added; a new process begins new ones.
 */
public final class Spool implements AutoCloseable {
  private static final int BUFFER = 1 << 18;

  private final Lake lake;
  private final Path root;
  private final FileSystem fs;
  private final Map<String, SpoolSegment> segments = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> records = new ConcurrentHashMap<>();
  private final AtomicInteger numbers = new AtomicInteger();

  /** Takes in a record. */
  public interface Reader {
    void read(SpoolRecord record) throws IOException;
  }

  public Spool(Lake lake, Path root) {
    this.lake = lake;
    this.root = root;
    this.fs = unchecked(lake, root);
    numbers.set(lake.list(root).stream().mapToInt(type -> last(type.getPath())).max().orElse(0));
  }

  /**
   * Hadoop's own checksums of local files hold bytes back in memory until 512 are together; a
   * record has one of its own.
   */
  private static FileSystem unchecked(Lake lake, Path root) {
    try {
      return NioLocalFileSystem.unchecked(root.getFileSystem(lake.hadoop()));
    } catch (IOException e) {
      throw failed("open", root, e);
    }
  }

  private int last(Path folder) {
    return lake.list(folder).stream()
        .map(file -> file.getPath().getName())
        .mapToInt(name -> Integer.parseInt(name.substring(0, name.indexOf('-'))))
        .max()
        .orElse(0);
  }

  /** Adds a record to a type's; when this returns the death of the process loses nothing. */
  public void append(String type, SpoolRecord record) {
    Path folder = new Path(root, type);
    SpoolSegment segment =
        segments.computeIfAbsent(type, t -> new SpoolSegment(fs, () -> next(folder)));
    try {
      segment.append(SpoolFormat.write(record));
      counted(type).increment();
    } catch (IOException e) {
      throw failed("write", folder, e);
    }
  }

  private Path next(Path folder) {
    return new Path(
        folder, String.format("%09d-%s", numbers.incrementAndGet(), UUID.randomUUID().toString()));
  }

  /** The types that there are records of. */
  public List<String> types() {
    return lake.list(root).stream().map(folder -> folder.getPath().getName()).toList();
  }

  /** Ends the open segments: all that was appended can be read. */
  public void roll() {
    segments.forEach(
        (type, segment) -> {
          try {
            segment.close();
          } catch (IOException e) {
            throw failed("write", new Path(root, type), e);
          }
        });
  }

  private LongAdder counted(String type) {
    return records.computeIfAbsent(type, t -> new LongAdder());
  }

  /** Reads what earlier processes left, without bodies; what they did not write whole is passed. */
  public void load(Reader reader) {
    for (String type : types()) {
      read(
          type,
          false,
          Set.of(),
          record -> {
            counted(type).increment();
            reader.read(record);
          });
    }
  }

  /**
   * Reads a type's records in the order in which they were added.
   *
   * @param body whether the bytes of the entries are wanted
   * @throws JobException {@link ExitCode#STORAGE} where not all that was written is there
   */
  public void read(String type, boolean body, Reader reader) {
    LongAdder seen = new LongAdder();
    read(
        type,
        body,
        Set.of(),
        record -> {
          seen.increment();
          reader.read(record);
        });
    if (seen.sum() != counted(type).sum()) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot read "
              + new Path(root, type)
              + ": "
              + seen.sum()
              + " of "
              + counted(type).sum()
              + " pages are complete; check the lake's disk and rerun, which requests the others again");
    }
  }

  /** Reads the segments that are not named; gives the names of those that it read. */
  public List<String> read(String type, boolean body, Set<String> without, Reader reader) {
    List<String> names =
        lake.list(new Path(root, type)).stream()
            .map(file -> file.getPath().getName())
            .filter(name -> !without.contains(name))
            .toList();
    for (String name : names) {
      Path file = new Path(new Path(root, type), name);
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(fs.open(file), BUFFER))) {
        Optional<SpoolRecord> record = SpoolFormat.read(in, body);
        while (record.isPresent()) {
          reader.read(record.get());
          record = SpoolFormat.read(in, body);
        }
      } catch (IOException e) {
        throw failed("read", file, e);
      }
    }
    return names;
  }

  @Override
  public void close() {
    roll();
  }

  private static JobException failed(String verb, Path path, IOException e) {
    return StorageFailure.of(verb + " " + path, e);
  }
}
