package io.epicfhir.extract.crawl;

import io.epicfhir.common.JobContext;
import io.epicfhir.common.Landing;
import io.epicfhir.extract.bronze.StagedFile;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
                StagedResources.read(
                    context.lake().hadoop(),
                    new Path(f.path()),
                    resource -> {
                      if (new String(resource, StandardCharsets.UTF_8).contains(text)) {
                        reader.accept(resource);
                      }
                    }));
  }

  /**
   * Gives each reference that is wanted, from wherever the executors found it; many come twice.
   * After a tab comes the patient whose resource holds it; nothing where that is nobody.
   */
  void references(References wanted, Consumer<String> reader) {
    if (files.isEmpty()) {
      return;
    }
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
            .parallelize(files.stream().map(StagedFile::path).toList(), files.size())
            .map(task)
            .collect();
    sc.clearJobGroup();
    for (String file : found) {
      context.lake().read(new Path(file)).stream().flatMap(String::lines).forEach(reader);
    }
  }
}
