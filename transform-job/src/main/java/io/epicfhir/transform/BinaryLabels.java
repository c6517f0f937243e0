package io.epicfhir.transform;

import io.epicfhir.transform.fhirpath.DocumentBits;
import java.io.Serializable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What documents say of Binaries: see {@link DocumentLabels}. Of one that no document names nothing
 * is known, and it counts as labelled.
 *
 * @param known by id: {@link DocumentBits}, the OR of those of all documents that name it
 * @param touched Binaries whose bits may be others now, although they have not changed themselves
 */
record BinaryLabels(HashMap<UTF8String, Integer> known, HashSet<UTF8String> touched)
    implements Serializable {
  static final BinaryLabels NONE = new BinaryLabels(new HashMap<>(), new HashSet<>());

  static BinaryLabels of(Map<UTF8String, Integer> known, Set<UTF8String> touched) {
    return new BinaryLabels(new HashMap<>(known), new HashSet<>(touched));
  }

  /** The bits of a Binary; all of them where nothing is known. */
  int of(UTF8String id) {
    return known.getOrDefault(id, DocumentBits.ALL);
  }

  /** Nothing, for a type of which documents say nothing. */
  BinaryLabels ofType(String type) {
    return type.equals(DocumentLabels.BINARY) ? this : NONE;
  }

  /** Whether every resource has the same bits, those of one of which nothing is known. */
  boolean isEmpty() {
    return known.isEmpty();
  }

  boolean touches(UTF8String id) {
    return !touched.isEmpty() && touched.contains(id);
  }

  @Override
  public String toString() {
    return "BinaryLabels[" + known.size() + ", " + touched.size() + "]"; // no id where it is logged
  }
}
