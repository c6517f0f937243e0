package io.epicfhir.sandbox.lines;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The resources of one type by id and by patient: no search or read looks at all of them. */
public final class SearchIndex {
  private final List<SearchRow> rows;
  private final Map<String, List<SearchRow>> byId;
  private final Map<String, List<SearchRow>> byPatient;
  private final boolean dated;
  private final boolean updated;

  private SearchIndex(List<SearchRow> rows) {
    this.rows = rows;
    this.byId = by(row -> row.line().id());
    this.byPatient = by(SearchRow::patient);
    this.dated = rows.stream().anyMatch(row -> row.date().isPresent());
    this.updated = rows.stream().anyMatch(row -> row.lastUpdated().isPresent());
  }

  /** Parses every line, once. Equal codes are kept once: most of a type's rows share theirs. */
  public static SearchIndex of(List<StoredLine> lines) {
    List<SearchRow> rows = new ArrayList<>(lines.size());
    Map<Map<String, Set<String>>, Map<String, Set<String>>> known = new HashMap<>();
    try (LineReader reader = new LineReader()) {
      for (StoredLine line : lines) {
        SearchRow row = SearchRow.of(line, line.id().isEmpty() ? new byte[0] : reader.bytes(line));
        rows.add(row.with(known.computeIfAbsent(row.tokens(), t -> t)));
      }
    }
    return new SearchIndex(rows);
  }

  private Map<String, List<SearchRow>> by(Function<SearchRow, String> key) {
    Map<String, List<SearchRow>> found = new HashMap<>();
    for (SearchRow row : rows) {
      if (!key.apply(row).isEmpty()) {
        found.computeIfAbsent(key.apply(row), k -> new ArrayList<>(1)).add(row);
      }
    }
    return found;
  }

  /** All, in the order of the files. */
  public List<SearchRow> rows() {
    return rows;
  }

  /** The first of that id, in the order of the files. */
  public Optional<StoredLine> line(String id) {
    return row(id).map(SearchRow::line);
  }

  /** The first of that id, in the order of the files. */
  public Optional<SearchRow> row(String id) {
    return byId.getOrDefault(id, List.of()).stream().findFirst();
  }

  /** Whether {@code date} or {@code _lastUpdated} can be searched: somebody has one. */
  public boolean hasDates(String parameter) {
    return parameter.equals("date") ? dated : updated;
  }

  public List<StoredLine> find(SearchFilter filter) {
    List<StoredLine> found = new ArrayList<>();
    for (SearchRow row : candidates(filter)) {
      if (found(row.line(), filter) && filter.matches(row)) {
        found.add(row.line());
      }
    }
    return found;
  }

  private static boolean found(StoredLine line, SearchFilter filter) {
    return switch (line.reach()) {
      case SEARCH -> !line.id().isEmpty();
      case BY_ID -> filter.has("_id");
      case READ_ONLY -> false;
    };
  }

  private List<SearchRow> candidates(SearchFilter filter) {
    if (filter.has("_id")) {
      return all(byId, filter.values("_id"));
    }
    return filter.has("patient") ? all(byPatient, filter.values("patient")) : rows;
  }

  private static List<SearchRow> all(Map<String, List<SearchRow>> by, Set<String> keys) {
    List<SearchRow> found = new ArrayList<>();
    keys.forEach(key -> found.addAll(by.getOrDefault(key, List.of())));
    return found;
  }
}
