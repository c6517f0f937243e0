package io.epicfhir.common.optout;

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
   * @throws JobException {@link ExitCode#STORAGE} where the list is not there as a whole
   */
  public static Set<String> read(Lake lake, Landing landing) {
    if (landing.keptOut() == null) {
      return Set.of();
    }
    Path file = lake.paths().at(landing.keptOut().path());
    List<String> lines = lake.read(file).orElse("").lines().toList();
    long entries = landing.keptOut().entries();
    if (lines.size() != entries + 1 || !lines.get(lines.size() - 1).equals(LAST + entries)) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot read "
              + file
              + ": it is missing or incomplete; run the extract task of "
              + landing.runKey()
              + " again, which lands the export again");
    }
    return new TreeSet<>(lines.subList(0, lines.size() - 1));
  }

  /** The entries of a landing; empty where the list is not there as a whole. */
  public static Optional<Set<String>> find(Lake lake, Landing landing) {
    try {
      return Optional.of(read(lake, landing));
    } catch (JobException e) {
      return Optional.empty();
    }
  }

  /** What is wrong with the list of a landing; empty where it is whole, or there is none. */
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
