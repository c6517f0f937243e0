package io.epicfhir.sandbox;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Command line arguments as {@code --name value} pairs, and flags without a value. */
final class Arguments {
  private final Map<String, String> values = new HashMap<>();

  Arguments(String[] arguments, Set<String> names) {
    this(arguments, names, Set.of());
  }

  Arguments(String[] arguments, Set<String> names, Set<String> flags) {
    for (int i = 0; i < arguments.length; i += 2) {
      String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
      if (flags.contains(name)) {
        values.put(name, "");
        i--;
        continue;
      }
      if (!names.contains(name) || i + 1 == arguments.length) {
        throw new IllegalArgumentException(
            "Cannot read argument: "
                + arguments[i]
                + "; known are "
                + new java.util.TreeSet<>(names)
                + ", each with a value, and the flags "
                + new java.util.TreeSet<>(flags));
      }
      values.put(name, arguments[i + 1]);
    }
  }

  /** What is done where the flag is there. */
  void ifGiven(String flag, Runnable action) {
    if (values.containsKey(flag)) {
      action.run();
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
