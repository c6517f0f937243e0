package io.epicfhir.transform;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.transform.views.Refusal;
import io.epicfhir.transform.views.RowSink;
import io.epicfhir.transform.views.ViewParquet;
import io.epicfhir.transform.views.ViewRunner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/** Evaluates the views of one type in a task, and writes what they give. */
final class TypeEvaluation implements RowSink, AutoCloseable {
  private final ViewEvaluation.OfType type;
  private final Configuration hadoop;
  private final ViewRunner runner;
  private final Output[] outputs;
  private final BitSet wanted = new BitSet();
  private UTF8String id;

  /** What a view has given so far. */
  private static final class Output {
    private final ViewEvaluation.Wanted view;
    private final Map<Refusal, Long> refused = new HashMap<>();
    private ViewParquet parquet;
    private String path;
    private RefusedList list;
    private long resources;
    private long letThrough;

    Output(ViewEvaluation.Wanted view) {
      this.view = view;
    }
  }

  TypeEvaluation(ViewEvaluation.OfType type, Configuration hadoop) {
    this.type = type;
    this.hadoop = hadoop;
    this.runner = type.views().runner(type.drift());
    int most = type.wanted().stream().mapToInt(ViewEvaluation.Wanted::number).max().orElse(-1);
    this.outputs = new Output[most + 1];
    type.wanted().forEach(view -> outputs[view.number()] = new Output(view));
  }

  /** Evaluates the views for which the resource is new. */
  void evaluate(UTF8String key, UTF8String text, long version) {
    wanted.clear();
    boolean touched = type.labels().touches(key);
    for (ViewEvaluation.Wanted view : type.wanted()) {
      if (touched || version > view.since()) {
        wanted.set(view.number());
      }
    }
    if (wanted.isEmpty()) {
      return;
    }
    id = key;
    if (!type.labels().isEmpty()) {
      runner.documents(type.labels().of(key));
    }
    if (text.getBaseObject() instanceof byte[] bytes) {
      int from = Math.toIntExact(text.getBaseOffset() - Platform.BYTE_ARRAY_OFFSET);
      runner.run(key, bytes, from, from + text.numBytes(), wanted, this);
    } else {
      byte[] bytes = text.getBytes();
      runner.run(key, bytes, 0, bytes.length, wanted, this);
    }
  }

  @Override
  public void row(int view, InternalRow row) {
    Output output = outputs[view];
    try {
      if (output.parquet == null) {
        output.path = "part-" + UUID.randomUUID() + ".zstd.parquet";
        output.parquet =
            new ViewParquet(hadoop, new Path(output.view.table(), output.path), output.view.file());
      }
      output.parquet.write(row);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void done(int view, boolean letThrough, int rows) {
    outputs[view].letThrough += letThrough ? 1 : 0;
    outputs[view].resources += rows > 0 ? 1 : 0;
  }

  @Override
  public void refused(int view, Refusal refusal) {
    Output output = outputs[view];
    // The where let it through, or could not say: it turned away what it could.
    output.letThrough++;
    output.refused.merge(refusal, 1L, Long::sum);
    try {
      if (output.list == null) {
        output.list = new RefusedList(hadoop, new Path(output.view.refusedFolder()));
      }
      output.list.add(type.views().type(), id.toString(), refusal);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<ViewPart> finish() throws IOException {
    List<ViewPart> parts = new ArrayList<>();
    for (Output output : outputs) {
      if (output == null) {
        continue;
      }
      NewFile file = null;
      if (output.parquet != null) {
        ViewParquet.Written written = output.parquet.finish();
        file =
            new NewFile(
                output.path, Map.of(), written.bytes(), written.rows(), System.currentTimeMillis());
      }
      if (output.list != null) {
        output.list.finish();
      }
      parts.add(
          ViewPart.evaluated(
              output.view.file().view(),
              file,
              output.resources,
              output.letThrough,
              output.refused));
    }
    return parts;
  }

  @Override
  public void close() throws IOException {
    for (Output output : outputs) {
      if (output != null && output.parquet != null) {
        output.parquet.close();
      }
      if (output != null && output.list != null) {
        output.list.close();
      }
    }
  }
}
