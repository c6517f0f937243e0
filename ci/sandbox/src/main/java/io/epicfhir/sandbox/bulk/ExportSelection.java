package io.epicfhir.sandbox.bulk;

import io.epicfhir.sandbox.auth.Scopes;
import io.epicfhir.sandbox.lines.Reach;
import io.epicfhir.sandbox.lines.SearchRow;
import io.epicfhir.sandbox.lines.StoredLine;
import io.epicfhir.sandbox.store.Generation;
import io.epicfhir.sandbox.store.Groups;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Which resources of a generation an export has. */
record ExportSelection(ExportRequest asked, Scopes scopes, Groups groups, String group) {
  boolean takes(String type) {
    return scopes.allows(type) && (asked.types().isEmpty() || asked.types().contains(type));
  }

  Optional<Instant> since() {
    return asked.since();
  }

  /** In the order of the files. Only a part of the patients, or a filter, needs the index. */
  List<StoredLine> lines(Generation generation, String type) {
    List<StoredLine> lines = generation.lines(type);
    if (!groups.whole(group) || asked.filters().filters(type)) {
      lines =
          generation.index(type).rows().stream()
              .filter(row -> groups.has(group, row.patient()) && asked.filters().takes(row))
              .map(SearchRow::line)
              .toList();
    }
    return lines.stream()
        .filter(line -> line.reach() == Reach.SEARCH)
        .filter(line -> since().map(line.changed()::isAfter).orElse(true))
        .toList();
  }

  List<Generation.Deletion> deletions(Generation generation) {
    return generation.deletions().stream()
        .filter(deletion -> takes(deletion.type()) && groups.has(group, deletion.patient()))
        .filter(deletion -> since().map(deletion.at()::isAfter).orElse(false))
        .toList();
  }
}
