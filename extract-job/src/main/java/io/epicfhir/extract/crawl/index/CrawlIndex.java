package io.epicfhir.extract.crawl.index;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;

/** What a crawl saw of one type: a file that is written once and never changed. */
public final class CrawlIndex {
  private static final int FORMAT = 2;

  /** Did not mark which resources were only confirmed. */
  private static final int FIRST_FORMAT = 1;

  /** In place of a search: a bulk export held it. */
  public static final String EXPORT = "export";

  /** Before a search: it did not ask for the resource, which came along. */
  private static final String BESIDE = "+";

  private final Lake lake;
  private final Path file;

  /**
   * What holds for all of it.
   *
   * @param readAt the crawl's time
   * @param fullAt the time of the last crawl that asked for all of the type
   * @param templates the searches that were asked
   */
  public record Header(Instant readAt, Instant fullAt, List<String> templates) {}

  /**
   * One resource.
   *
   * @param patient whose search found or brought it; empty where it came by reference
   * @param search the search's key; empty likewise
   * @param high of the content's digest
   * @param low of the content's digest
   * @param readAt milliseconds since 1970
   * @param confirmed whether no search found it any more, but a read by its id did
   */
  public record Seen(
      String id,
      String patient,
      String search,
      long high,
      long low,
      long readAt,
      boolean confirmed) {
    Seen(String id, String patient, String search, long high, long low, long readAt) {
      this(id, patient, search, high, low, readAt, false);
    }

    /** The key of a search that brought a resource which it did not ask for. */
    public static String beside(String search) {
      return BESIDE + search;
    }

    /** The key of the search that found or brought it. */
    public String broughtBy() {
      return search.startsWith(BESIDE) ? search.substring(BESIDE.length()) : search;
    }

    /** One of a crawl whose index is lost. */
    static Seen lost(String id, long readAt) {
      return new Seen(id, "", "", 0, 0, readAt, true);
    }

    /** One that a bulk export held. */
    public static Seen exported(String id) {
      return new Seen(id, "", EXPORT, 0, 0, 0);
    }

    /** The same, which the server refused to give at a time. */
    public Seen refusedAt(long time) {
      return new Seen(id, patient, search, high, low, time, confirmed);
    }

    /** The same, where it is not known what bronze has of it. */
    public Seen ofUnknownContent() {
      return new Seen(id, patient, search, 0, 0, readAt, confirmed);
    }

    /** Whether it is not known how the resource was found. */
    public boolean lost() {
      return confirmed && !bySearch();
    }

    public boolean bySearch() {
      return !search.isEmpty();
    }
  }

  /** Takes in one entry. */
  public interface Reader {
    void read(Seen seen) throws IOException;
  }

  CrawlIndex(Lake lake, Path file) {
    this.lake = lake;
    this.file = file;
  }

  public boolean exists() {
    return lake.length(file).isPresent();
  }

  public Header header() {
    try (DataInputStream in = open()) {
      format(in);
      return headerAfterFormat(in);
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  public void read(Reader reader) {
    try (DataInputStream in = open()) {
      boolean first = format(in) == FIRST_FORMAT;
      headerAfterFormat(in);
      while (in.readBoolean()) {
        reader.read(
            new Seen(
                TextBytes.read(in),
                TextBytes.read(in),
                TextBytes.read(in),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                !first && in.readBoolean()));
      }
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  private DataInputStream open() throws IOException {
    return new DataInputStream(
        new BufferedInputStream(
            new ZstdInputStream(file.getFileSystem(lake.hadoop()).open(file)), 1 << 16));
  }

  private static int format(DataInputStream in) throws IOException {
    int format = in.readInt();
    if (format != FORMAT && format != FIRST_FORMAT) {
      throw new IOException("another format");
    }
    return format;
  }

  private static Header headerAfterFormat(DataInputStream in) throws IOException {
    Instant readAt = Instant.ofEpochMilli(in.readLong());
    Instant fullAt = Instant.ofEpochMilli(in.readLong());
    List<String> templates = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      templates.add(TextBytes.read(in));
    }
    return new Header(readAt, fullAt, templates);
  }

  /** Writes it anew. */
  public Writer write(Header header) {
    try {
      return new Writer(header);
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  /** Whole only when it was ended. */
  public final class Writer implements AutoCloseable {
    private final DataOutputStream out;

    private Writer(Header header) throws IOException {
      out =
          new DataOutputStream(
              new BufferedOutputStream(
                  new ZstdOutputStream(file.getFileSystem(lake.hadoop()).create(file, true), 1),
                  1 << 16));
      out.writeInt(FORMAT);
      out.writeLong(header.readAt().toEpochMilli());
      out.writeLong(header.fullAt().toEpochMilli());
      out.writeInt(header.templates().size());
      for (String template : header.templates()) {
        TextBytes.write(out, template);
      }
    }

    public void add(Seen seen) {
      try {
        out.writeBoolean(true);
        TextBytes.write(out, seen.id());
        TextBytes.write(out, seen.patient());
        TextBytes.write(out, seen.search());
        out.writeLong(seen.high());
        out.writeLong(seen.low());
        out.writeLong(seen.readAt());
        out.writeBoolean(seen.confirmed());
      } catch (IOException e) {
        throw failed("write", e);
      }
    }

    public void end() {
      try {
        out.writeBoolean(false);
      } catch (IOException e) {
        throw failed("write", e);
      }
    }

    @Override
    public void close() {
      try {
        out.close();
      } catch (IOException e) {
        throw failed("write", e);
      }
    }
  }

  private JobException failed(String verb, IOException e) {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot "
            + verb
            + " "
            + file
            + ": "
            + StorageFailure.why(e)
            + "; check that the lake exists, is writable and is not full. If the file is damaged, delete it:"
            + " the next crawl then treats every resource as new",
        e);
  }
}
