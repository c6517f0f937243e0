package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.fetch.RawDocument;
import io.epicfhir.extract.crawl.spool.ReadById;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The documents that resources point to, with the patients whose resources these are. */
final class NamedDocuments {
  private final Map<String, String> patients = new LinkedHashMap<>();

  /**
   * A resource points to a document.
   *
   * @param document as "Binary/id", with what else is known of it after a blank
   * @param patient whose resource it is; empty where that is nobody's
   */
  void add(String document, String patient) {
    patients.put(document, patient);
  }

  /**
   * In the order in which they are fetched: those that an earlier crawl left first.
   *
   * @param leftBefore their ids
   * @param isNew whether one that nothing points to any more is still to be fetched; asked once
   */
  List<ReadById> inOrder(List<String> leftBefore, Predicate<String> isNew) {
    Set<String> ordered = new LinkedHashSet<>();
    Map<String, String> named = new HashMap<>();
    patients.keySet().forEach(document -> named.put(document.replaceFirst(" .*", ""), document));
    for (String id : leftBefore) {
      String reference = RawDocument.BINARY + "/" + id;
      if (named.containsKey(reference) || isNew.test(reference)) {
        ordered.add(named.getOrDefault(reference, reference));
      }
    }
    ordered.addAll(patients.keySet());
    return ordered.stream()
        .map(one -> ReadById.of(one).heldBy(patients.getOrDefault(one, "")))
        .toList();
  }
}
