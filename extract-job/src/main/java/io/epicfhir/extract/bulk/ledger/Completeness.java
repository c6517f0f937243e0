package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bulk.files.FileResult;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an export says by what it does not hold.
 *
 * @param types the resource types of which it holds all that the group has, so that what it lacks
 *     is gone; {@link Landing#ALL_TYPES} for every type
 * @param toConfirm the types of which all was asked for and it need not hold all: only a read of
 *     each resource that it lacks shows whether that is gone
 * @param withheld the types of which the server says that it could not export all
 * @param doubts lines of the server that leave open whether data are missing and that no setting
 *     accepts, by types and codes; while there are any, the next export asks from before this one
 */
public record Completeness(
    List<String> types, List<String> toConfirm, List<String> withheld, Map<String, Long> doubts)
    implements StateFile {
  public Completeness {
    types = List.copyOf(types);
    toConfirm = List.copyOf(toConfirm);
    withheld = List.copyOf(withheld);
    doubts = doubts == null ? Map.of() : new TreeMap<>(doubts); // null in an older version's file
  }

  /** Of an export, by the errors that the settings accept. */
  public static Completeness of(
      ExportRequest asked, List<FileResult> files, BulkSettings settings) {
    List<String> complete = types(asked, files);
    boolean all = complete.contains(Landing.ALL_TYPES);
    return new Completeness(
        complete,
        asked.types().stream()
            .filter(type -> asked.full() && !all && !complete.contains(type))
            .toList(),
        asked.types().stream()
            .filter(type -> files.stream().anyMatch(f -> f.problems().concern(type)))
            .toList(),
        settings.allowErrors() ? Map.of() : doubts(files, settings));
  }

  private static Map<String, Long> doubts(List<FileResult> files, BulkSettings settings) {
    Map<String, Long> doubts = new TreeMap<>();
    for (FileResult file : files) {
      file.problems()
          .doubts(settings.acceptedErrors())
          .forEach((key, n) -> doubts.merge(key, n, Long::sum));
    }
    return doubts;
  }

  /**
   * One line that could not be taken in may be a resource that is there: then the export is
   * complete for no type. What the server could not export counts against the types that it names,
   * or against all.
   */
  private static List<String> types(ExportRequest asked, List<FileResult> files) {
    if (asked.since() != null || files.stream().anyMatch(f -> f.notRead() > 0)) {
      return List.of();
    }
    if (asked.types().isEmpty()) {
      boolean whole = files.stream().allMatch(f -> f.problems().kinds().isEmpty());
      return whole && asked.searches().isEmpty() ? List.of(Landing.ALL_TYPES) : List.of();
    }
    return asked.types().stream()
        .filter(type -> asked.searches().stream().noneMatch(f -> f.startsWith(type + "?")))
        .filter(type -> files.stream().noneMatch(f -> f.problems().concern(type)))
        .toList();
  }
}
