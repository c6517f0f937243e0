package io.epicfhir.common.optout;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobArguments;
import io.epicfhir.common.localfs.FileReaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The patients that a person names, one a line: an id (also as {@code Patient/id}), or an
 * identifier as {@code system|value}, such as an MRN.
 *
 * @param ids FHIR ids
 * @param identifiers each as {@code system|value}
 */
public record NamedPatients(Set<String> ids, Set<String> identifiers) {
  private static final String PATIENT = "Patient/";

  public NamedPatients {
    ids = Set.copyOf(ids);
    identifiers = Set.copyOf(identifiers);
  }

  /**
   * Reads the file that --patients names.
   *
   * @param doing what cannot be done without it, such as erase
   * @throws JobException {@link ExitCode#SETTINGS} where no file is named, and as {@link #read}
   */
  public static NamedPatients asked(JobArguments arguments, String doing) {
    return read(
        Path.of(
            arguments
                .patients()
                .orElseThrow(
                    () ->
                        new JobException(
                            ExitCode.SETTINGS,
                            "Cannot " + doing + ": --patients names no list of patients"))));
  }

  /**
   * Reads the file.
   *
   * @throws JobException {@link ExitCode#SETTINGS} where it is not there, open to others than its
   *     owner, or empty; the message says nothing of its content
   */
  public static NamedPatients read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw unusable(file, "there is no such file; it must lie where the job runs");
    }
    if (FileReaders.sharedWithOthers(file)) {
      throw unusable(file, "others than its owner may read or write it; run: chmod 600 " + file);
    }
    Set<String> ids = new TreeSet<>();
    Set<String> identifiers = new TreeSet<>();
    for (String line : lines(file)) {
      if (line.indexOf('|') > 0) {
        identifiers.add(line);
      } else {
        ids.add(line.substring(line.lastIndexOf(PATIENT) < 0 ? 0 : after(line)));
      }
    }
    if (ids.isEmpty() && identifiers.isEmpty()) {
      throw unusable(
          file, "it names nobody; write an id, or an identifier as system|value, a line");
    }
    return new NamedPatients(ids, identifiers);
  }

  private static int after(String line) {
    return line.lastIndexOf(PATIENT) + PATIENT.length();
  }

  /** How many were named. */
  public int size() {
    return ids.size() + identifiers.size();
  }

  /** All of them: patients as {@code Patient/id}, and the identifiers. */
  public Set<String> names() {
    Set<String> all = new TreeSet<>(identifiers);
    ids.forEach(id -> all.add(PATIENT + id));
    return all;
  }

  private static List<String> lines(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      return (text.startsWith("\uFEFF") ? text.substring(1) : text)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    } catch (NoSuchFileException e) {
      throw unusable(file, "there is no such file; it must lie where the job runs");
    } catch (IOException e) {
      throw unusable(file, "it cannot be read as a text in UTF-8");
    }
  }

  private static JobException unusable(Path file, String why) {
    return new JobException(
        ExitCode.SETTINGS, "Cannot use the list of patients " + file + ": " + why);
  }
}
