package io.epicfhir.sandbox.bulk;

import io.epicfhir.sandbox.lines.SearchFilter;
import io.epicfhir.sandbox.lines.SearchRow;
import io.epicfhir.sandbox.store.ResourceTypes;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The searches of {@code _typeFilter}: a resource is exported where one of its type finds it.
 *
 * @param byType a type without searches is exported whole
 */
record TypeFilters(Map<String, List<SearchFilter>> byType) {
  private static final Set<String> KNOWN = Set.of("category", "code", "date");

  /** Searches, separated by commas; a comma inside a search stands before no {@code Type?}. */
  static TypeFilters parse(String text) throws ExportRequest.Refused {
    Map<String, List<SearchFilter>> byType = new HashMap<>();
    for (String search : text.split(",(?=[A-Z][A-Za-z]*\\?)", -1)) {
      QueryStringDecoder query = new QueryStringDecoder(search);
      if (!ResourceTypes.exists(query.path()) || query.parameters().isEmpty()) {
        throw new ExportRequest.Refused("_typeFilter is no search: " + search);
      }
      SearchFilter filter = new SearchFilter();
      for (Map.Entry<String, List<String>> parameter : query.parameters().entrySet()) {
        add(parameter.getKey(), parameter.getValue(), search, filter);
      }
      byType.computeIfAbsent(query.path(), t -> new ArrayList<>()).add(filter);
    }
    return new TypeFilters(byType);
  }

  private static void add(String name, List<String> values, String search, SearchFilter filter)
      throws ExportRequest.Refused {
    if (!KNOWN.contains(name)) {
      throw new ExportRequest.Refused("_typeFilter is not supported: " + search);
    }
    try {
      values.forEach(value -> filter.add(name, value));
    } catch (DateTimeException e) {
      throw new ExportRequest.Refused("_typeFilter has no date: " + search);
    }
  }

  boolean filters(String type) {
    return byType.containsKey(type);
  }

  boolean takes(SearchRow row) {
    List<SearchFilter> any = byType.getOrDefault(row.line().type(), List.of());
    return any.isEmpty() || any.stream().anyMatch(filter -> filter.matches(row));
  }
}
