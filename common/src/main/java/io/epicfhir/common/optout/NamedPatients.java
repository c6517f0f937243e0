package io.epicfhir.common.optout;

import io.epicfhir.common.ByteOrderMark;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobArguments;
import io.epicfhir.common.localfs.FileReaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The patients that a person names, one a line: an id (also as {@code Patient/id}), or an
 * identifier as {@code system|value}, such as an MRN.
 *
 * @param ids FHIR ids
 * @param identifiers each as {@code system|value}
 */
public record NamedPatients(Set<String> ids, Set<String> identifiers) {
  private static final String PATIENT = "Patient/";

  /** FHIR's ids, and underscores, which some servers have. */
  private static final Pattern ID =
      Pattern.compile("(?:(?:https?://\\S+/)?Patient/)?([A-Za-z0-9._-]{1,64})");

  /** The value may have spaces in it; what a table puts around or behind it is none of it. */
  private static final Pattern IDENTIFIER =
      Pattern.compile(
          "[^\\s|\"',;]*\\|[^\\s|\"',;#](?:[^\\p{Cntrl}|\"',;#\u00A0]*[^\\s|\"',;#\u00A0])?");

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
                            "Cannot "
                                + doing
                                + ": --patients is missing; give the path of a file that lists the patients"))));
  }

  /**
   * Reads the file.
   *
   * @throws JobException {@link ExitCode#SETTINGS} where it is not there, open to others than its
   *     owner, empty, or has a line that is no name; the message says nothing of its content but
   *     the numbers of lines
   */
  public static NamedPatients read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw unusable(file, "there is no such file; it must be on the machine where the job runs");
    }
    if (FileReaders.sharedWithOthers(file)) {
      throw unusable(
          file, "users other than its owner may read or write it; run: chmod 600 " + file);
    }
    Set<String> ids = new TreeSet<>();
    Set<String> identifiers = new TreeSet<>();
    List<Integer> odd = new ArrayList<>();
    int number = 0;
    for (String line : lines(file)) {
      number++;
      Matcher id = ID.matcher(line);
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (id.matches()) {
        ids.add(id.group(1));
      } else if (IDENTIFIER.matcher(line).matches()) {
        identifiers.add(line);
      } else {
        odd.add(number);
      }
    }
    if (!odd.isEmpty()) {
      throw unusable(
          file,
          "these lines are not an id, Patient/id or an identifier (system|value): "
              + odd.stream().map(String::valueOf).collect(Collectors.joining(", "))
              + "; write one patient a line, without quotes, further columns, comments or spaces");
    }
    if (ids.isEmpty() && identifiers.isEmpty()) {
      throw unusable(
          file, "it lists no patients; write one id or identifier (system|value) a line");
    }
    return new NamedPatients(ids, identifiers);
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
      return ByteOrderMark.removed(text).lines().map(String::strip).toList();
    } catch (NoSuchFileException e) {
      throw unusable(file, "there is no such file; it must be on the machine where the job runs");
    } catch (IOException e) {
      throw unusable(file, "it is not UTF-8 text");
    }
  }

  private static JobException unusable(Path file, String why) {
    return new JobException(
        ExitCode.SETTINGS, "Cannot use the list of patients " + file + ": " + why);
  }
}
