package io.epicfhir.extract.source;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SMART system scopes: which of those asked for a grant does not cover. The forms of SMART 1
 * ({@code .read}) and 2 ({@code .rs}) are compared by what they allow.
 */
final class Scopes {
  private static final Pattern SYSTEM =
      Pattern.compile("system/(\\*|[A-Za-z]+)\\.(read|write|\\*|c?r?u?d?s?)(\\?.+)?");

  private Scopes() {}

  static boolean isSystemScope(String scope) {
    return SYSTEM.matcher(scope).matches() && !scope.endsWith(".");
  }

  /**
   * The asked scopes that are not covered, in order.
   *
   * @param granted the token response's scope, separated by spaces
   */
  static List<String> missing(List<String> asked, String granted) {
    List<String> given = Arrays.asList(granted.trim().split("\\s+"));
    List<String> missing = new ArrayList<>();
    for (String scope : asked) {
      if (given.stream().noneMatch(one -> covers(one, scope))) {
        missing.add(scope);
      }
    }
    return missing;
  }

  private static boolean covers(String given, String asked) {
    if (given.equals(asked)) {
      return true;
    }
    Matcher one = SYSTEM.matcher(given);
    Matcher other = SYSTEM.matcher(asked);
    if (!one.matches() || !other.matches() || one.group(3) != null) {
      return false; // a scope with a query allows less than it seems
    }
    boolean type = one.group(1).equals("*") || one.group(1).equals(other.group(1));
    String allowed = letters(one.group(2));
    return type && letters(other.group(2)).chars().allMatch(c -> allowed.indexOf(c) >= 0);
  }

  private static String letters(String permission) {
    return switch (permission) {
      case "read" -> "rs";
      case "write" -> "cud";
      case "*" -> "cruds";
      default -> permission;
    };
  }
}
