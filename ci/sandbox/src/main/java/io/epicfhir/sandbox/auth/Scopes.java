package io.epicfhir.sandbox.auth;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** SMART system scopes, v1 ({@code system/Patient.read}) and v2 ({@code system/Patient.rs}). */
public record Scopes(Set<String> names) {
  private static final Pattern SCOPE =
      Pattern.compile("system/(\\*|[A-Za-z]+)\\.(read|\\*|c?r?u?d?s?)");

  static Scopes parse(String text) {
    Set<String> names = new LinkedHashSet<>();
    for (String name : text.strip().split("\\s+", -1)) {
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return new Scopes(names);
  }

  /** What of the asked these scopes cover. */
  Scopes grant(Scopes asked) {
    Set<String> granted = new LinkedHashSet<>();
    for (String name : asked.names()) {
      Matcher scope = SCOPE.matcher(name);
      if (scope.matches() && reads(scope.group(2))) {
        if (allowsAll() || (!scope.group(1).equals("*") && allows(scope.group(1)))) {
          granted.add(name);
        } else if (scope.group(1).equals("*")) {
          granted.addAll(names); // The narrower ones that the client may have.
        }
      }
    }
    return new Scopes(granted);
  }

  public boolean allows(String type) {
    for (String name : names) {
      Matcher scope = SCOPE.matcher(name);
      if (scope.matches()
          && reads(scope.group(2))
          && (scope.group(1).equals("*") || scope.group(1).equals(type))) {
        return true;
      }
    }
    return false;
  }

  /** {@code Patient.read Patient.search}, for each of the types that may be read. */
  String oldForm(Set<String> types) {
    return types.stream()
        .filter(this::allows)
        .map(type -> type + ".read " + type + ".search")
        .collect(Collectors.joining(" "));
  }

  private boolean allowsAll() {
    return allows("*");
  }

  /** {@code read} and {@code *} are v1; v2 needs read and search. */
  private static boolean reads(String permission) {
    return permission.equals("read")
        || permission.equals("*")
        || (permission.contains("r") && permission.contains("s"));
  }

  @Override
  public String toString() {
    return String.join(" ", names);
  }
}
