package io.epicfhir.extract.source.auth;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.settings.Scopes;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Whether a token allows what is needed, by the scopes that came with it. A server may answer a
 * scope of all types with those that it gives: then each type of the run must be among them.
 */
public final class ScopeCheck {
  private ScopeCheck() {}

  /**
   * Checks the scopes of single types.
   *
   * @throws JobException {@link ExitCode#REFUSED} where the grant names scopes and lacks one
   */
  static void require(List<String> asked, String granted) {
    if (Scopes.named(granted)) {
      List<String> single = asked.stream().filter(s -> !Scopes.ofAllTypes(s)).toList();
      requireNone(Scopes.missing(single, granted), "source.scopes");
    }
  }

  /**
   * Checks the scopes of all types for these.
   *
   * @return what could not be checked
   */
  public static Optional<String> requireTypes(
      List<String> asked, Collection<String> types, String granted) {
    if (!Scopes.named(granted)) {
      return Optional.of(
          "The token response has no SMART scope, so it could not be checked whether source.scopes were granted."
              + " Requests for a type that was not granted fail with 401 or 403.");
    }
    List<String> notForAll =
        Scopes.missing(asked.stream().filter(Scopes::ofAllTypes).toList(), granted);
    List<String> needed =
        notForAll.stream()
            .flatMap(scope -> types.stream().map(type -> Scopes.ofType(scope, type)))
            .distinct()
            .toList();
    requireNone(Scopes.missing(needed, granted), "the types of the settings");
    return Optional.empty();
  }

  private static void requireNone(List<String> missing, String where) {
    if (!missing.isEmpty()) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot use the access token: the server did not grant "
              + String.join(", ", missing)
              + "; ask the server's operator to grant it, or request less in "
              + where);
    }
  }
}
