package io.epicfhir.sandbox;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Command line arguments as {@code --name value} pairs. */
final class Arguments {
  private final Map<String, String> values = new HashMap<>();

  Arguments(String[] arguments, Set<String> names) {
    for (int i = 0; i < arguments.length; i += 2) {
      String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
      if (!names.contains(name) || i + 1 == arguments.length) {
        throw new IllegalArgumentException(
            "Cannot read argument: "
                + arguments[i]
                + "; known are "
                + new java.util.TreeSet<>(names)
                + ", each with a value");
      }
      values.put(name, arguments[i + 1]);
    }
  }

  Optional<String> value(String name) {
    return Optional.ofNullable(values.get(name));
  }

  String required(String name) {
    return value(name)
        .orElseThrow(
            () -> new IllegalArgumentException("Cannot do without --" + name + "; add it"));
  }
}
