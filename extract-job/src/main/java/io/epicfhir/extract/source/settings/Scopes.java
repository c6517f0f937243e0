package io.epicfhir.extract.source.settings;

import io.epicfhir.common.ResourceTypeNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SMART system scopes: which of those asked for a grant does not cover. The forms of SMART 1
 * ({@code .read}), of SMART 2 ({@code .rs}, or {@code .r} and {@code .s} apart) and Epic's older
 * one ({@code Patient.read Patient.search}, without {@code system/}) are compared by what they
 * allow.
 */
public final class Scopes {
  private static final Pattern SYSTEM =
      Pattern.compile("system/(\\*|[A-Za-z]+)\\.(read|write|\\*|c?r?u?d?s?)(\\?.+)?");
  private static final Pattern GRANTED =
      Pattern.compile("(?:(system|user|patient)/)?(\\*|[A-Za-z]+)\\.([A-Za-z]+|\\*)(\\?.+)?");
  private static final String ALL_TYPES = "*";

  private Scopes() {}

  /** What one scope of a grant allows; of a type, to whom, and by which letters. */
  private record Allowed(boolean system, String type, String letters, boolean whole) {
    static Optional<Allowed> of(String scope) {
      Matcher parts = GRANTED.matcher(scope);
      if (!parts.matches() || !isType(parts.group(2))) {
        return Optional.empty();
      }
      String letters = Scopes.letters(parts.group(3).toLowerCase(Locale.ROOT));
      boolean system = parts.group(1) == null || parts.group(1).equals("system");
      // A scope with a query allows less than it seems.
      boolean whole = parts.group(4) == null;
      return letters.isEmpty()
          ? Optional.empty()
          : Optional.of(new Allowed(system, parts.group(2), letters, whole));
    }

    boolean covers(String wanted) {
      return system && whole && (type.equals(ALL_TYPES) || type.equalsIgnoreCase(wanted));
    }
  }

  static boolean isSystemScope(String scope) {
    return SYSTEM.matcher(scope).matches() && !scope.endsWith(".");
  }

  /** Whether a grant names any SMART scope; one that names none cannot be checked. */
  public static boolean named(String granted) {
    return words(granted).stream().anyMatch(one -> Allowed.of(one).isPresent());
  }

  /** Whether a scope asks for all types that the server would give. */
  public static boolean ofAllTypes(String scope) {
    return scope.startsWith("system/*.");
  }

  /** A scope of all types, for one of them. */
  public static String ofType(String scope, String type) {
    return scope.replaceFirst("^system/\\*\\.", "system/" + type + ".");
  }

  /**
   * The asked scopes that are not covered, in order; several scopes of a grant add up.
   *
   * @param granted the token response's scope, separated by spaces
   */
  public static List<String> missing(List<String> asked, String granted) {
    List<String> given = words(granted);
    List<String> missing = new ArrayList<>();
    for (String scope : asked) {
      if (!given.contains(scope) && !covered(scope, given)) {
        missing.add(scope);
      }
    }
    return missing;
  }

  private static boolean covered(String asked, List<String> given) {
    Matcher wanted = SYSTEM.matcher(asked);
    if (!wanted.matches()) {
      return false;
    }
    Set<Integer> allowed = new HashSet<>();
    for (String one : given) {
      Allowed.of(one)
          .filter(a -> a.covers(wanted.group(1)))
          .ifPresent(a -> a.letters().chars().forEach(allowed::add));
    }
    return letters(wanted.group(2)).chars().allMatch(allowed::contains);
  }

  /** Separated by spaces, or by commas as some servers do. */
  private static List<String> words(String granted) {
    return Arrays.asList(granted.trim().split("[\\s,]+"));
  }

  /** Words such as launch.patient look like scopes and are none. */
  private static boolean isType(String name) {
    return name.equals(ALL_TYPES)
        || ResourceTypeNames.ALL.stream().anyMatch(type -> type.equalsIgnoreCase(name));
  }

  /** What a permission allows as letters of SMART 2; empty where it is none. */
  private static String letters(String permission) {
    return switch (permission) {
      case "read" -> "rs";
      case "search" -> "s";
      case "write" -> "cud";
      case "create" -> "c";
      case "update" -> "u";
      case "delete" -> "d";
      case "*" -> "cruds";
      default -> permission.matches("[cruds]+") ? permission : "";
    };
  }
}
