package io.epicfhir.sandbox.lines;

import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The parameters of a search that say which resources are found; all of them must hold. */
public final class SearchFilter {
  public static final Set<String> DATES = Set.of("date", "_lastUpdated");

  /** One of the prefixes of FHIR's date search. */
  private record DateTest(String parameter, String prefix, Span value) {
    boolean holds(SearchRow row) {
      Optional<Span> span = parameter.equals("date") ? row.date() : row.lastUpdated();
      return span.filter(this::holds).isPresent();
    }

    private boolean holds(Span span) {
      return switch (prefix) {
        case "ge" -> span.to().isAfter(value.from());
        case "gt" -> span.to().isAfter(value.to());
        case "le" -> span.from().isBefore(value.to());
        case "lt" -> span.from().isBefore(value.from());
        default -> !span.from().isBefore(value.from()) && !span.to().isAfter(value.to());
      };
    }
  }

  private final Map<String, Set<String>> tokens = new LinkedHashMap<>();
  private final List<DateTest> dates = new ArrayList<>();

  /** Adds a parameter; a comma means "or". A date that is none is an exception. */
  public SearchFilter add(String parameter, String value) {
    if (!DATES.contains(parameter)) {
      tokens.put(parameter, new LinkedHashSet<>(List.of(value.split(",", -1))));
      return this;
    }
    boolean prefixed = value.length() > 2 && Character.isLetter(value.charAt(0));
    String prefix = prefixed ? value.substring(0, 2) : "eq";
    if (!Set.of("eq", "ge", "gt", "le", "lt").contains(prefix)) {
      throw new DateTimeException("Unknown prefix: " + prefix);
    }
    dates.add(new DateTest(parameter, prefix, Span.parse(prefixed ? value.substring(2) : value)));
    return this;
  }

  public boolean has(String parameter) {
    return tokens.containsKey(parameter);
  }

  public Set<String> values(String parameter) {
    return tokens.getOrDefault(parameter, Set.of());
  }

  public boolean matches(SearchRow row) {
    return tokens.entrySet().stream().allMatch(token -> row.has(token.getKey(), token.getValue()))
        && dates.stream().allMatch(test -> test.holds(row));
  }
}
