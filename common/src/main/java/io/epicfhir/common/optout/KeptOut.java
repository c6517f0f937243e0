package io.epicfhir.common.optout;

import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * What an export has and did not land because it is of a patient whose records stay out: {@code
 * state/kept-out/<export>-<attempt>.txt}. The tables may have an older version of it as another
 * patient's. Each line has a resource type and the keyed hash of {@code Type/id}; the last line has
 * the number of the others. There is no id in it.
 */
public final class KeptOut {
  private static final String FOLDER = "kept-out";
  private static final String LAST = "# entries: ";

  private KeptOut() {}

  /** The entry of a resource, from {@code Type/id}. */
  public static String entry(String resource, KeyedHashes hasher) {
    return resource.substring(0, resource.indexOf('/')) + " " + hasher.of(resource);
  }

  /** The resource type of an entry. */
  public static String typeOf(String entry) {
    return entry.substring(0, entry.indexOf(' '));
  }

  /** The hash of an entry. */
  public static String hashOf(String entry) {
    return entry.substring(entry.indexOf(' ') + 1);
  }

  /**
   * Writes the list of an export, under a name of its own: what a landing names does not change.
   *
   * @return empty where nothing stayed out
   */
  public static Optional<Landing.KeptOut> write(
      Lake lake, String exportId, Collection<String> entries) {
    if (entries.isEmpty()) {
      return Optional.empty();
    }
    Set<String> sorted = new TreeSet<>(entries);
    String attempt = UUID.randomUUID().toString().substring(0, 8);
    String path = "state/" + FOLDER + "/" + exportId + "-" + attempt + ".txt";
    lake.write(
        lake.paths().at(path), String.join("\n", sorted) + "\n" + LAST + sorted.size() + "\n");
    return Optional.of(new Landing.KeptOut(path, sorted.size()));
  }

  /**
   * The entries of a landing, each a type and a hash with a blank between.
   *
   * @throws JobException {@link ExitCode#STORAGE} where the list is not there as a whole, or cannot
   *     be looked at
   */
  public static Set<String> read(Lake lake, Landing landing) {
    return find(lake, landing)
        .orElseThrow(
            () ->
                new JobException(
                    ExitCode.STORAGE,
                    "Cannot read "
                        + lake.paths().at(landing.keptOut().path())
                        + ": it is missing or incomplete; run the extract task of "
                        + landing.runKey()
                        + " again, which lands the export again"));
  }

  /**
   * The entries of a landing; empty where the list is not there as a whole.
   *
   * @throws JobException {@link ExitCode#STORAGE} where it cannot be looked at: that says nothing
   *     of the list
   */
  public static Optional<Set<String>> find(Lake lake, Landing landing) {
    if (landing.keptOut() == null) {
      return Optional.of(Set.of());
    }
    List<String> lines = lines(lake, lake.paths().at(landing.keptOut().path()));
    long entries = landing.keptOut().entries();
    boolean whole =
        lines.size() == entries + 1 && lines.get(lines.size() - 1).equals(LAST + entries);
    return whole
        ? Optional.of(new TreeSet<>(lines.subList(0, lines.size() - 1)))
        : Optional.empty();
  }

  private static List<String> lines(Lake lake, Path file) {
    try {
      return lake.read(file).orElse("").lines().toList();
    } catch (JobException e) {
      if (DamagedFile.in(e).isPresent()) {
        return List.of();
      }
      throw e;
    }
  }

  /**
   * What is wrong with the list of a landing; empty where it is whole, or there is none.
   *
   * @throws JobException {@link ExitCode#STORAGE} where it cannot be looked at
   */
  public static Optional<String> problem(Lake lake, Landing landing) {
    return find(lake, landing).isPresent()
        ? Optional.empty()
        : Optional.of("it is missing or incomplete");
  }

  /**
   * Removes the lists of an export that its landing does not name.
   *
   * @param read the landing as it was read: transform may have replaced it since
   */
  public static void removeUnnamed(Lake lake, Landing read) {
    String ofExport = "\\Q" + read.exportId() + "\\E-[0-9a-f]{8}\\.txt";
    List<Path> lists =
        lake.list(lake.paths().state(FOLDER)).stream()
            .map(FileStatus::getPath)
            .filter(file -> file.getName().matches(ofExport))
            .toList();
    Landing landing = new Landings(lake).find(read.exportId()).orElse(read);
    String named =
        landing.keptOut() == null ? "" : lake.paths().at(landing.keptOut().path()).getName();
    lists.stream().filter(file -> !file.getName().equals(named)).forEach(lake::delete);
  }
}
