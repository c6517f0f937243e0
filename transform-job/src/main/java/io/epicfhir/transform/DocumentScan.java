package io.epicfhir.transform;

import io.epicfhir.common.optout.Mentions;
import io.epicfhir.transform.fhirpath.DocumentBits;
import io.epicfhir.transform.views.CompiledViews;
import io.epicfhir.transform.views.Drift;
import io.epicfhir.transform.views.Refusal;
import io.epicfhir.transform.views.RowSink;
import io.epicfhir.transform.views.ViewRunner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import scala.Tuple2;

/** Reads which Binaries live documents name, and which labels of the site's lists these have. */
final class DocumentScan
    implements PairFlatMapFunction<Iterator<InternalRow>, UTF8String, Integer> {
  private static final long serialVersionUID = 1L;

  /** The columns of silver that it reads, in this order. */
  static final List<String> COLUMNS = List.of("id", "deleted", "resource", "resource_type");

  private static final String BINARY = "Binary/";

  private final HashMap<String, CompiledViews> labels;
  private final HashSet<UTF8String> wanted;
  private final boolean all;

  /**
   * @param labels by type, a view whose one row has what the lists say
   * @param wanted the Binaries that are asked for; empty for all
   */
  DocumentScan(Map<String, CompiledViews> labels, Optional<Set<UTF8String>> wanted) {
    this.labels = new HashMap<>(labels);
    this.wanted = new HashSet<>(wanted.orElse(Set.of()));
    this.all = wanted.isEmpty();
  }

  /** The bits of one type's documents, one after the other. */
  private static final class Reader implements RowSink {
    private final ViewRunner runner;
    private int bits;

    Reader(CompiledViews views) {
      this.runner = views.runner(new Drift());
    }

    int bits(UTF8String id, UTF8String text) {
      bits = DocumentBits.ALL; // of one that cannot be read
      byte[] bytes = text.getBytes();
      runner.run(id, bytes, 0, bytes.length, this);
      return bits;
    }

    @Override
    public void row(int view, InternalRow row) {
      bits =
          (row.getBoolean(0) ? DocumentBits.LEFT_OUT : 0)
              | (row.getBoolean(1) ? DocumentBits.MARKED : 0);
    }

    @Override
    public void done(int view, boolean letThrough, int rows) {}

    @Override
    public void refused(int view, Refusal refusal) {}
  }

  @Override
  public Iterator<Tuple2<UTF8String, Integer>> call(Iterator<InternalRow> rows) {
    Map<String, Reader> readers = new HashMap<>();
    Map<UTF8String, Integer> found = new HashMap<>();
    while (rows.hasNext()) {
      InternalRow row = rows.next();
      String type = row.getUTF8String(3).toString();
      if (!row.getBoolean(1)) {
        read(
            readers.computeIfAbsent(type, t -> new Reader(labels.get(t))),
            row.getUTF8String(0),
            row.getUTF8String(2),
            found);
      }
    }
    List<Tuple2<UTF8String, Integer>> pairs = new ArrayList<>();
    found.forEach((id, bits) -> pairs.add(Tuple2.apply(id, bits)));
    return pairs.iterator();
  }

  /** Takes documents of a type one after the other; for one thread. */
  interface Taker {
    /** One that is live. */
    void take(UTF8String id, UTF8String text);
  }

  /**
   * Takes documents of a type in this thread.
   *
   * @param found gets the bits of the Binaries that they name
   */
  Taker taker(String type, Map<UTF8String, Integer> found) {
    Reader reader = new Reader(labels.get(type));
    return (id, text) -> read(reader, id, text, found);
  }

  private void read(Reader reader, UTF8String id, UTF8String text, Map<UTF8String, Integer> found) {
    Set<UTF8String> names = binaries(text);
    if (!all) {
      names.retainAll(wanted);
    }
    if (!names.isEmpty()) {
      int bits = reader.bits(id, text);
      names.forEach(name -> found.merge(name, bits, (a, b) -> a | b));
    }
  }

  /** The ids of the Binaries that a resource names. */
  static Set<UTF8String> binaries(UTF8String text) {
    Set<UTF8String> ids = new HashSet<>();
    for (String key : Mentions.keysIn(text.toString())) {
      if (key.startsWith(BINARY)) {
        ids.add(UTF8String.fromString(key.substring(BINARY.length())));
      }
    }
    return ids;
  }
}
