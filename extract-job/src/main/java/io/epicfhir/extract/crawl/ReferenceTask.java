package io.epicfhir.extract.crawl;

import io.epicfhir.common.Lake;
import io.epicfhir.common.LakePaths;
import java.io.IOException;
import java.io.UncheckedIOException;
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
                .filter(reference -> reference.lines().limit(2).count() == 1)
                .collect(Collectors.joining("\n")));
    return to.toString();
  }

  private Set<String> references(Path file) {
    Set<String> found = new LinkedHashSet<>();
    StagedResources.read(hadoop.value(), file, resource -> add(resource, found));
    return found;
  }

  private void add(byte[] resource, Set<String> found) {
    Page page;
    try {
      page = PageScan.resource(resource, wanted);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bronze takes in whole resources only
    }
    String patient = page.patients().isEmpty() ? "" : page.patients().get(0);
    for (String reference : page.references()) {
      found.add(reference + "\t" + (References.isShared(reference) ? "" : patient));
    }
  }
}
