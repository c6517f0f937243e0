package io.epicfhir.sandbox.faults;

import io.epicfhir.sandbox.http.RequestKind;
import java.util.Optional;

/** Which requests a fault is for; an empty part matches all. */
public record Match(Optional<RequestKind> kind, Optional<String> type) {

  /** Every request but those to the admin endpoints. */
  public static Match any() {
    return new Match(Optional.empty(), Optional.empty());
  }

  /** Every request of a kind. */
  public static Match kind(RequestKind kind) {
    return new Match(Optional.of(kind), Optional.empty());
  }

  /** An export's files of a resource type. */
  public static Match file(String type) {
    return new Match(Optional.of(RequestKind.FILE), Optional.of(type));
  }

  /** Searches, first and following pages, of a resource type. */
  public static Match search(String type) {
    return new Match(Optional.of(RequestKind.SEARCH), Optional.of(type));
  }

  boolean matches(RequestKind otherKind, String otherType) {
    return otherKind != RequestKind.ADMIN
        && kind.map(otherKind::equals).orElse(true)
        && type.map(otherType::equals).orElse(true);
  }
}
