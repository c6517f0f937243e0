package io.epicfhir.transform.views;

import java.util.regex.Pattern;

/** What a reader meets in a resource that is not as FHIR says. */
final class Oddities {
  private static final Pattern LABELS =
      Pattern.compile("[A-Za-z]+\\.meta(\\.security(\\.(system|code))?)?");

  private final Drift drift;
  private boolean labelUnread;

  Oddities(Drift drift) {
    this.drift = drift;
  }

  /** Whether a field holds a security label of the resource, or a part of one. */
  static boolean isOfLabels(String path) {
    return LABELS.matcher(path).matches();
  }

  /** Counts one. */
  void add(String what) {
    drift.add(what);
  }

  /** Notes that the resource has a security label that nobody can read. */
  void labelUnread() {
    labelUnread = true;
  }

  /** Whether it has; forgotten then. */
  boolean takeLabelUnread() {
    boolean taken = labelUnread;
    labelUnread = false;
    return taken;
  }
}
