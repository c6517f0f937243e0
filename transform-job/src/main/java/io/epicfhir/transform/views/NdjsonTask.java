package io.epicfhir.transform.views;

import io.epicfhir.common.localfs.NioLocalFileSystem;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.unsafe.types.UTF8String;

/** One piece of an NDJSON file to the rows of all views. */
final class NdjsonTask implements Function<Integer, NdjsonTask.Results> {
  private static final long serialVersionUID = 1L;

  private final List<NdjsonSplit> splits;
  private final List<TypeFiles> types;
  private final String out;

  /**
   * The views of a type, as tasks get them.
   *
   * @param input the files that may hold the type
   */
  record TypeFiles(CompiledViews views, List<ViewFile> files, List<String> input)
      implements Serializable {}

  /** What became of the views, by their names. */
  record Results(Map<String, NdjsonJob.Result> views) implements Serializable {}

  /**
   * Its defaults are read out of JAR files, which takes longer than many a task: once is enough.
   */
  static final class Hadoop {
    static final Configuration LOCAL = new Configuration();

    static {
      NioLocalFileSystem.SETTINGS.forEach(LOCAL::set);
    }

    private Hadoop() {}
  }

  NdjsonTask(List<NdjsonSplit> splits, List<TypeFiles> types, String out) {
    this.splits = List.copyOf(splits);
    this.types = List.copyOf(types);
    this.out = out;
  }

  static List<TypeFiles> types(List<NdjsonJob.Work> work) {
    List<TypeFiles> types = new ArrayList<>();
    for (NdjsonJob.Work one : work) {
      types.add(
          new TypeFiles(
              one.views(),
              List.copyOf(one.files()),
              one.input().stream().map(Object::toString).toList()));
    }
    return types;
  }

  /** A file of a view; each piece has its own. */
  static Path path(String out, ViewFile file, int piece) {
    return new Path(out, file.view() + "/part-%05d.zstd.parquet".formatted(piece));
  }

  @Override
  public Results call(Integer piece) throws IOException {
    NdjsonSplit split = splits.get(piece);
    Map<UTF8String, ViewFilesSink> sinks = new HashMap<>();
    Map<UTF8String, ViewRunner> runners = new HashMap<>();
    Map<String, NdjsonJob.Result> results = new HashMap<>();
    try (NdjsonLines lines = new NdjsonLines(split)) {
      for (TypeFiles type : types) {
        if (type.input().contains(split.file())) {
          UTF8String name = UTF8String.fromString(type.views().type());
          runners.put(name, type.views().runner(new Drift()));
          sinks.put(name, new ViewFilesSink(Hadoop.LOCAL, out, type.files(), piece));
        }
      }
      read(lines, split, runners, sinks);
      for (ViewFilesSink sink : sinks.values()) {
        sink.finish(results);
      }
    } finally {
      for (ViewFilesSink sink : sinks.values()) {
        sink.close();
      }
    }
    return new Results(results);
  }

  private static void read(
      NdjsonLines lines,
      NdjsonSplit split,
      Map<UTF8String, ViewRunner> runners,
      Map<UTF8String, ViewFilesSink> sinks) {
    JsonCursor json = new JsonCursor();
    while (lines.next()) {
      json.start(lines.buffer(), lines.start(), lines.end());
      if (!json.atEnd()) {
        ResourceHead head = head(json, split);
        ViewRunner runner = runners.get(head.type());
        if (runner != null) {
          runner.run(head.id(), lines.buffer(), lines.start(), lines.end(), sinks.get(head.type()));
        }
      }
    }
  }

  private static ResourceHead head(JsonCursor json, NdjsonSplit split) {
    try {
      return ResourceHead.of(json);
    } catch (MalformedJson e) {
      throw new ViewException(
          ViewException.Kind.EVALUATION,
          "Cannot read " + split.file() + ": a line is not a JSON object; correct the file");
    }
  }
}
