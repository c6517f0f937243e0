package io.epicfhir.transform.sqlviews;

import io.epicfhir.transform.sqlviews.SqlCatalog.Problem;
import io.epicfhir.transform.sqlviews.SqlView.Dependency;
import io.epicfhir.transform.sqlviews.SqlView.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * SQLViews in the order in which they are built: what others read comes first.
 *
 * @param views those whose dependencies are all known, in order, canonical URLs resolved
 * @param problems why others cannot be used
 */
public record TableOrder(List<SqlView> views, List<Problem> problems) {

  /**
   * What there is beside SQLViews.
   *
   * @param views names of views, also of those that cannot be used now
   * @param lookups names of lookups, also of those that cannot be used now
   * @param viewUrls canonical URLs of views, with the names of all that have it
   * @param lookupUrls canonical URLs of lookups, with the names of all that have it
   * @param unread files of views whose names cannot be read
   */
  public record Known(
      Set<String> views,
      Set<String> lookups,
      Map<String, Set<String>> viewUrls,
      Map<String, Set<String>> lookupUrls,
      List<String> unread) {
    /** Where every file can be read. */
    public Known(
        Set<String> views,
        Set<String> lookups,
        Map<String, Set<String>> viewUrls,
        Map<String, Set<String>> lookupUrls) {
      this(views, lookups, viewUrls, lookupUrls, List.of());
    }
  }

  /** Puts them in order, and finds names that are not known, clashes and cycles. */
  public static TableOrder of(SqlCatalog catalog, Known known) {
    return new Ordering(catalog, known).run();
  }

  /** One ordering. */
  private static final class Ordering {
    private final Known known;
    private final Map<String, SqlView> open = new TreeMap<>();
    private final Set<String> refusedFiles = new HashSet<>();
    private final List<String> unread;
    private final Map<String, Set<String>> urls = new TreeMap<>();
    private final List<SqlView> done = new ArrayList<>();
    private final Set<String> placed = new HashSet<>();
    private final List<Problem> problems = new ArrayList<>();

    Ordering(SqlCatalog catalog, Known known) {
      this.known = known;
      this.unread = Stream.concat(known.unread().stream(), catalog.unread().stream()).toList();
      catalog.problems().forEach(problem -> refusedFiles.add(problem.name()));
      catalog.views().forEach(view -> open.put(view.name(), view));
      catalog.views().stream()
          .filter(view -> !view.url().isEmpty())
          .forEach(view -> urls.computeIfAbsent(view.url(), u -> new TreeSet<>()).add(view.name()));
    }

    TableOrder run() {
      new ArrayList<>(open.values()).forEach(this::clash);
      new ArrayList<>(open.values()).forEach(this::resolve);
      new ArrayList<>(open.keySet()).forEach(name -> place(name, new LinkedHashSet<>()));
      return new TableOrder(List.copyOf(done), List.copyOf(problems));
    }

    private void clash(SqlView view) {
      String lower = view.name().toLowerCase(Locale.ROOT);
      for (Map.Entry<String, Set<String>> kind :
          Map.of("view", known.views(), "lookup", known.lookups()).entrySet()) {
        if (kind.getValue().stream().anyMatch(n -> n.toLowerCase(Locale.ROOT).equals(lower))) {
          refuse(view, "a " + kind.getKey() + " has the name " + view.name() + "; rename the file");
        }
      }
    }

    private void resolve(SqlView view) {
      if (!open.containsKey(view.name())) {
        return;
      }
      List<Dependency> resolved = new ArrayList<>();
      for (Dependency dependency : view.dependencies()) {
        Set<String> named = named(dependency);
        if (named.size() > 1) {
          refuse(
              view,
              String.join(" and ", named)
                  + " have the same URL "
                  + dependency.name()
                  + "; give each a URL of its own");
          return;
        }
        Dependency found = dependency.kind() == Kind.CANONICAL ? canonical(dependency) : dependency;
        boolean there =
            switch (found.kind()) {
              case TABLE -> isTable(found.name());
              case LOOKUP -> known.lookups().contains(found.name()) || found.optional().isPresent();
              case CANONICAL -> false;
            };
        if (!there) {
          refuse(
              view,
              "there is no "
                  + (found.kind() == Kind.LOOKUP ? "lookup " : "view or joined table ")
                  + found.name()
                  + (found.kind() == Kind.LOOKUP || unread.isEmpty()
                      ? "; correct \"depends\", or add it"
                      : ", unless "
                          + String.join(" or ", unread)
                          + " defines it, which cannot be read; correct that file first"));
          return;
        }
        resolved.add(found);
      }
      open.put(view.name(), view.with(resolved));
    }

    private boolean isTable(String name) {
      return known.views().contains(name) || open.containsKey(name) || isRefused(name);
    }

    private boolean isRefused(String name) {
      return refusedFiles.contains(name)
          || problems.stream().anyMatch(problem -> problem.name().equals(name));
    }

    /** All that has the dependency's URL. */
    private Set<String> named(Dependency dependency) {
      Set<String> named = new TreeSet<>();
      if (dependency.kind() == Kind.CANONICAL) {
        for (Map<String, Set<String>> tables :
            List.of(urls, known.viewUrls(), known.lookupUrls())) {
          named.addAll(tables.getOrDefault(dependency.name(), Set.of()));
        }
      }
      return named;
    }

    /** By the URL that it has, else by the name at its end. */
    private Dependency canonical(Dependency dependency) {
      String url = dependency.name();
      for (Map<String, Set<String>> tables : List.of(urls, known.viewUrls())) {
        if (tables.containsKey(url)) {
          return dependency.as(Kind.TABLE, tables.get(url).iterator().next());
        }
      }
      if (known.lookupUrls().containsKey(url)) {
        return dependency.as(Kind.LOOKUP, known.lookupUrls().get(url).iterator().next());
      }
      String last = url.substring(url.lastIndexOf('/') + 1);
      if (isTable(last)) {
        return dependency.as(Kind.TABLE, last);
      }
      return known.lookups().contains(last) ? dependency.as(Kind.LOOKUP, last) : dependency;
    }

    /** After all that it reads. */
    private void place(String name, Set<String> path) {
      SqlView view = open.get(name);
      if (view == null || placed.contains(name)) {
        return;
      }
      if (!path.add(name)) {
        cycle(name, path);
        return;
      }
      view.dependencies().stream()
          .filter(dependency -> dependency.kind() == Kind.TABLE)
          .forEach(dependency -> place(dependency.name(), path));
      path.remove(name);
      if (open.containsKey(name) && placed.add(name)) {
        done.add(view);
      }
    }

    /** None of them can be first; each is named with the way round. */
    private void cycle(String name, Set<String> path) {
      List<String> round = new ArrayList<>(path);
      round = round.subList(round.indexOf(name), round.size());
      Map<String, SqlView> refused = new LinkedHashMap<>();
      round.forEach(one -> refused.put(one, open.get(one)));
      String way = String.join(" → ", round) + " → " + name;
      refused
          .values()
          .forEach(view -> refuse(view, "it depends on itself: " + way + "; break the cycle"));
    }

    private void refuse(SqlView view, String problem) {
      if (open.remove(view.name()) != null) {
        problems.add(new Problem(view.name(), view.file() + ": " + problem));
      }
    }
  }
}
