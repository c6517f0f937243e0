package io.epicfhir.extract.crawl.references;

import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bronze.BronzeColumn;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.crawl.index.KnownResources;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.crawl.reads.AbsentResources;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** The resources of a bulk export that are taken in and do not show yet: ids and references. */
final class ExportedResources implements AbsentResources.ExportedIds {
  private final JobContext context;
  private final List<StagedFile> files;
  private final Path folder;

  /**
   * @param folder for what is found in the files
   */
  ExportedResources(JobContext context, List<StagedFile> staged, Path folder) {
    this.context = context;
    this.files = staged.stream().filter(f -> f.kind() == Landing.Kind.RESOURCES).toList();
    this.folder = folder;
  }

  @Override
  public long rows(String type) {
    return files.stream().filter(f -> f.type().equals(type)).mapToLong(StagedFile::rows).sum();
  }

  @Override
  public void ids(String type, Consumer<String> reader) {
    files.stream()
        .filter(f -> f.type().equals(type))
        .forEach(f -> KnownResources.ids(context.lake(), new Path(f.path()), reader));
  }

  /** Gives each resource of a type that holds a text, as bytes. */
  void holding(String type, String text, Consumer<byte[]> reader) {
    files.stream()
        .filter(f -> f.type().equals(type))
        .forEach(
            f ->
                BronzeColumn.read(
                    context.lake().hadoop(),
                    new Path(f.path()),
                    "resource",
                    resource -> {
                      if (resource.toStringUsingUTF8().contains(text)) {
                        reader.accept(resource.getBytes());
                      }
                    }));
  }

  /**
   * Gives each reference that is wanted, from wherever it was found; many come twice. After a tab
   * comes the patient whose resource holds it; nothing where that is nobody.
   */
  void references(References wanted, Consumer<String> reader) {
    String looksFor = ReferenceFinder.looksFor(wanted);
    Map<Path, Boolean> notes = new HashMap<>();
    List<StagedFile> open = new ArrayList<>();
    for (StagedFile file : files) {
      boolean noted =
          !wanted.attachmentTypes().contains(file.type())
              && notes.computeIfAbsent(
                  ReferenceFinder.note(new Path(file.path())), n -> read(n, looksFor, reader));
      if (!noted) {
        open.add(file);
      }
    }
    if (!open.isEmpty()) {
      readAgain(open, wanted, reader);
    }
  }

  /** Reads the note of a file that was taken in; false where there is none of these settings. */
  private boolean read(Path note, String looksFor, Consumer<String> reader) {
    if (!context.lake().exists(note)) {
      return false;
    }
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                note.getFileSystem(context.lake().hadoop()).open(note), StandardCharsets.UTF_8))) {
      boolean same = looksFor.equals(lines.readLine());
      for (String line = lines.readLine(); same && line != null; line = lines.readLine()) {
        reader.accept(line);
      }
      return same;
    } catch (IOException e) {
      throw StorageFailure.of("read " + note, e);
    }
  }

  /** What has no note is read from the rows. */
  private void readAgain(List<StagedFile> open, References wanted, Consumer<String> reader) {
    context.lake().delete(folder); // what an earlier try had found in files of then
    SparkContext sc = context.spark().sparkContext();
    ReferenceTask task =
        new ReferenceTask(
            wanted,
            context.lake().paths().root(),
            folder.toString(),
            new SerializableConfiguration(sc.hadoopConfiguration()));
    sc.setJobGroup("extract", "Find references", true);
    List<String> found =
        JavaSparkContext.fromSparkContext(sc)
            .parallelize(open.stream().map(StagedFile::path).toList(), open.size())
            .map(task)
            .collect();
    sc.clearJobGroup();
    for (String file : found) {
      context.lake().read(new Path(file)).stream().flatMap(String::lines).forEach(reader);
    }
  }
}
