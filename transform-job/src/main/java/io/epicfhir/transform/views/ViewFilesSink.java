package io.epicfhir.transform.views;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.catalyst.InternalRow;

/** Writes what a task's views give, a file for each view that has rows. */
final class ViewFilesSink implements RowSink, AutoCloseable {
  private final Configuration hadoop;
  private final String out;
  private final List<ViewFile> files;
  private final int piece;
  private final ViewParquet[] writers;
  private final Map<Integer, Map<Refusal, Long>> refused = new HashMap<>();

  ViewFilesSink(Configuration hadoop, String out, List<ViewFile> files, int piece) {
    this.hadoop = hadoop;
    this.out = out;
    this.files = files;
    this.piece = piece;
    this.writers = new ViewParquet[files.size()];
  }

  @Override
  public void row(int view, InternalRow row) {
    try {
      if (writers[view] == null) {
        ViewFile file = files.get(view);
        writers[view] = new ViewParquet(hadoop, NdjsonTask.path(out, file, piece), file);
      }
      writers[view].write(row);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write rows of view " + files.get(view).view(), e);
    }
  }

  @Override
  public void done(int view, boolean letThrough, int rows) {}

  @Override
  public void refused(int view, Refusal refusal) {
    refused.computeIfAbsent(view, v -> new HashMap<>()).merge(refusal, 1L, Long::sum);
  }

  /** Finishes the files. */
  void finish(Map<String, NdjsonJob.Result> results) throws IOException {
    for (int view = 0; view < writers.length; view++) {
      long rows = writers[view] == null ? 0 : writers[view].finish().rows();
      results.put(
          files.get(view).view(),
          new NdjsonJob.Result(rows, new HashMap<>(refused.getOrDefault(view, Map.of()))));
    }
  }

  @Override
  public void close() throws IOException {
    for (ViewParquet writer : writers) {
      if (writer != null) {
        writer.close();
      }
    }
  }
}
