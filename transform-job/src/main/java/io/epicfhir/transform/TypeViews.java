package io.epicfhir.transform;

import io.epicfhir.transform.views.CompiledViews;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The views of one resource type.
 *
 * @param refersTo the types whose keys they hold
 * @param views all of them
 * @param compiled the same views, numbered in the same order, to be run; empty where there are none
 */
record TypeViews(Set<String> refersTo, List<ViewPlan> views, Optional<CompiledViews> compiled) {
  static final TypeViews NONE = new TypeViews(Set.of(), List.of(), Optional.empty());

  static TypeViews of(CompiledViews compiled) {
    return new TypeViews(
        compiled.refersTo(),
        compiled.views().stream().map(ViewPlan::of).toList(),
        Optional.of(compiled));
  }
}
