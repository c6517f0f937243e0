package io.epicfhir.transform.fhirpath;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Resolves repeat: the parser flattens it, so its paths are plain element names. */
final class Repeats {
  private Repeats() {}

  /**
   * A path may start at the focus or at an element that another path reached. Paths that lead
   * nowhere give no elements: the specification's suite asks for that.
   */
  static Expr resolve(List<String> paths, FhirType focus) {
    List<List<String>> names = paths.stream().map(path -> names(path, focus)).distinct().toList();
    Set<FhirType> known = new LinkedHashSet<>(List.of(focus));
    Set<FhirType> reached = new LinkedHashSet<>();
    while (true) {
      for (List<String> path : names) {
        known.forEach(from -> way(path, from).ifPresent(way -> reached.add(way.type())));
      }
      if (!known.addAll(reached)) {
        break;
      }
    }
    if (reached.isEmpty()) {
      return new Expr.Literal(null, FhirType.NOTHING);
    }
    if (reached.size() > 1) {
      throw new PathException(
          "repeat mixes " + String.join(" and ", reached.stream().map(FhirType::name).toList()),
          null);
    }
    FhirType type = reached.iterator().next();
    return new Expr.Repeat(new Expr.This(focus), steps(names, focus), steps(names, type), type);
  }

  private static List<List<Expr.Repeat.Step>> steps(List<List<String>> paths, FhirType from) {
    return paths.stream().flatMap(path -> way(path, from).stream()).map(Way::steps).toList();
  }

  /** Where a path leads. */
  private record Way(List<Expr.Repeat.Step> steps, FhirType type) {}

  private static Optional<Way> way(List<String> path, FhirType from) {
    Expr value = new Expr.This(from);
    List<Expr.Repeat.Step> steps = new ArrayList<>();
    for (String name : path) {
      Expr next = Typing.member(value, name).orElse(null);
      if (next == null || next.type().form() == Form.NOTHING) {
        return Optional.empty();
      }
      if (value.type().form().primitive()) {
        throw noChildren(path); // its extensions are in a field beside it
      }
      steps.add(new Expr.Repeat.Step(name, next instanceof Expr.Member member && member.list()));
      value = next;
    }
    if (value.type().form() != Form.COMPLEX) {
      throw noChildren(path);
    }
    return Optional.of(new Way(List.copyOf(steps), value.type()));
  }

  private static PathException noChildren(List<String> path) {
    return new PathException(String.join(".", path) + " has no children to repeat over");
  }

  /** A path may say by name that it begins at the element at hand, as any other may. */
  private static List<String> names(String path, FhirType focus) {
    List<String> names = new ArrayList<>();
    PathNode node = PathParser.parse(path);
    while (node instanceof PathNode.Name name) {
      names.add(0, name.name());
      node = name.source();
    }
    if (node != null) {
      throw new PathException("repeat takes plain element names, not " + path, node.at());
    }
    boolean fromHere =
        names.size() > 1
            && (names.get(0).equals("$this")
                || (focus.isResource() && names.get(0).equals(focus.name())));
    if (fromHere) {
      names.remove(0);
    }
    if (names.get(0).startsWith("$")) {
      throw new PathException("repeat takes plain element names, not " + path, null);
    }
    return List.copyOf(names);
  }
}
