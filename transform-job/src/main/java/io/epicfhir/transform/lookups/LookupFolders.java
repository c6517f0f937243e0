package io.epicfhir.transform.lookups;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folders of lookups.
 *
 * @param folder of CSV files and FHIR resources
 * @param large of large vocabularies, by its Hadoop path
 */
record LookupFolders(Lake lake, Optional<Path> folder, Optional<String> large) {
  /** All files that may be lookups. */
  List<LookupSource> sources() {
    List<LookupSource> sources = new ArrayList<>();
    folder.ifPresent(
        path -> {
          try (Stream<Path> files = Files.list(path)) {
            files
                .filter(file -> file.getFileName().toString().matches("[^.].*\\.(csv|json)"))
                .sorted()
                .forEach(
                    file ->
                        sources.add(
                            new LookupFile(
                                file.getFileName().toString().replaceFirst("\\.(csv|json)$", ""),
                                file)));
          } catch (IOException e) {
            throw new JobException(
                ExitCode.SETTINGS,
                "Cannot list the lookups: "
                    + path
                    + "; set transform.joined.lookups to an existing folder",
                e);
          }
        });
    large.ifPresent(
        path ->
            lake.list(new org.apache.hadoop.fs.Path(path)).stream()
                .filter(file -> file.isFile())
                .filter(file -> file.getPath().getName().matches("(?i).*\\.(csv|tsv)"))
                .forEach(file -> sources.add(new LargeLookup(lake, file))));
    return sources;
  }

  /** The folder of large ones where it has no file. */
  Optional<String> goneLarge() {
    return large.filter(path -> lake.list(new org.apache.hadoop.fs.Path(path)).isEmpty());
  }
}
