package io.epicfhir.extract.crawl.references;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.extract.bronze.BronzeColumn;
import io.epicfhir.extract.crawl.pages.References;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.util.SerializableConfiguration;

/**
 * One Spark task: finds the references in one staged file, each once, and writes them to a small
 * file, one a line: the reference, a tab, and the patient whose resource holds it; nobody where
 * what is referred to belongs to no patient.
 */
final class ReferenceTask implements Function<String, String> {
  private static final long serialVersionUID = 1L;

  private final References wanted;
  private final String lake;
  private final String folder;
  private final SerializableConfiguration hadoop;

  ReferenceTask(References wanted, String lake, String folder, SerializableConfiguration hadoop) {
    this.wanted = wanted;
    this.lake = lake;
    this.folder = folder;
    this.hadoop = hadoop;
  }

  @Override
  public String call(String staged) {
    Path file = new Path(staged);
    Path to = new Path(folder, file.getName() + ".txt");
    new Lake(new LakePaths(lake), hadoop.value())
        .write(
            to,
            references(file).stream()
                .filter(FileReferences::isOneLine)
                .collect(Collectors.joining("\n")));
    return to.toString();
  }

  private Set<String> references(Path file) {
    Set<String> found = new LinkedHashSet<>();
    BronzeColumn.read(
        hadoop.value(),
        file,
        "resource",
        resource -> found.addAll(NamedReferences.of(resource.getBytes(), wanted)));
    return found;
  }
}
