package io.epicfhir.extract.crawl;

import io.epicfhir.common.JobContext;
import io.epicfhir.common.Landing;
import io.epicfhir.extract.bronze.StagedFile;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** The resources of a bulk export that are taken in and do not show yet: ids and references. */
final class ExportedResources {
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

  /** Rows of a type; one id can have several. */
  long rows(String type) {
    return files.stream().filter(f -> f.type().equals(type)).mapToLong(StagedFile::rows).sum();
  }

  /** Gives each id of a type; one may come twice. */
  void ids(String type, Consumer<String> reader) {
    files.stream()
        .filter(f -> f.type().equals(type))
        .forEach(f -> KnownResources.ids(context.lake(), new Path(f.path()), reader));
  }

  /** Gives each reference that is wanted, from wherever the executors found it; many come twice. */
  void references(References wanted, Consumer<String> reader) {
    if (files.isEmpty()) {
      return;
    }
    context.lake().delete(folder); // what an earlier try had found in files of then
    SparkContext sc = context.spark().sparkContext();
    ReferenceTask task =
        new ReferenceTask(
            wanted,
            files.stream()
                .filter(f -> wanted.attachmentTypes().contains(f.type()))
                .map(StagedFile::path)
                .collect(Collectors.toSet()),
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
