package io.epicfhir.sandbox.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What is different at the site from what its folder says, as {@link SiteEvents} made it. */
public final class SiteChanges {
  /** Retired patient to the survivor. */
  final Map<String, String> merges = new ConcurrentHashMap<>();

  /** "Type/id" of resources that are gone. */
  final Set<String> retracted = ConcurrentHashMap.newKeySet();

  /** "Type/id" of resources that only a read finds. */
  final Set<String> hidden = ConcurrentHashMap.newKeySet();

  /** By "Type/id" the elements that read otherwise. */
  final Map<String, ObjectNode> corrections = new ConcurrentHashMap<>();

  /** Patients that belong to no group. */
  final Set<String> outsiders = ConcurrentHashMap.newKeySet();

  final Map<String, BreakGlass> breakGlass = new ConcurrentHashMap<>();
  volatile boolean emptyNight;

  /** Into whom this patient was merged, in the end; empty where it is no retired patient. */
  public Optional<String> survivor(String patient) {
    String survivor = merges.get(patient);
    while (survivor != null && merges.containsKey(survivor)) {
      survivor = merges.get(survivor);
    }
    return Optional.ofNullable(survivor);
  }

  /** How requests for this patient are answered, where it is restricted. */
  public Optional<BreakGlass> breakGlass(String patient) {
    return Optional.ofNullable(breakGlass.get(patient));
  }

  /** Whether resources differ from those of the folder. */
  boolean editsResources() {
    return !merges.isEmpty() || !retracted.isEmpty() || !hidden.isEmpty() || !corrections.isEmpty();
  }
}
