package io.epicfhir.transform;

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
 * @param known by id: bits of {@link SecurityLabels}, the OR of those of all documents that name it
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
    return known.getOrDefault(id, SecurityLabels.ALL_BITS);
  }

  boolean touches(UTF8String id) {
    return touched.contains(id);
  }

  @Override
  public String toString() {
    return "BinaryLabels[" + known.size() + ", " + touched.size() + "]"; // no id where it is logged
  }
}
