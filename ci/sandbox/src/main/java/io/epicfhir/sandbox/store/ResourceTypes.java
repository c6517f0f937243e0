package io.epicfhir.sandbox.store;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.ResourceType;

/** The resource types of R4. */
public final class ResourceTypes {
  private static final Set<String> R4 =
      Arrays.stream(ResourceType.values()).map(Enum::name).collect(Collectors.toSet());

  private ResourceTypes() {}

  /** In alphabetical order. */
  public static Set<String> all() {
    return new TreeSet<>(R4);
  }

  public static boolean exists(String type) {
    return R4.contains(type);
  }
}
