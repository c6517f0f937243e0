package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** The groups that can be read and exported: the one of all patients, and those of some. */
final class Groups {
  private static final String DEALT = "group-";

  private final SandboxOptions options;
  private final SiteChanges changes;

  Groups(SandboxOptions options, SiteChanges changes) {
    this.options = options;
    this.changes = changes;
  }

  boolean exists(String group) {
    return ofAll(group) || options.groups.containsKey(group) || dealt().contains(group);
  }

  boolean ofAll(String group) {
    return group.equals(options.groupId);
  }

  /** Whether every resource belongs to the group. */
  boolean whole(String group) {
    return ofAll(group) && changes.outsiders.isEmpty();
  }

  /** Whether the patient is a member; what has no patient belongs to every group. */
  boolean has(String group, String patient) {
    if (changes.outsiders.contains(patient)) {
      return false;
    }
    Set<String> members = options.groups.get(group);
    return ofAll(group)
        || patient.isEmpty()
        || (members == null ? group.equals(DEALT + dealt(patient)) : members.contains(patient));
  }

  /** By hash, so that a patient stays in its group when others come and go. */
  private int dealt(String patient) {
    return options.dealtGroups == 0
        ? 0
        : 1 + Math.floorMod(patient.hashCode(), options.dealtGroups);
  }

  /** The names of the dealt groups. */
  List<String> dealt() {
    return IntStream.rangeClosed(1, options.dealtGroups).mapToObj(i -> DEALT + i).toList();
  }

  ObjectNode resource(String group, Generation generation) {
    ObjectNode resource =
        Json.object()
            .put("resourceType", "Group")
            .put("id", group)
            .put("type", "person")
            .put("actual", true);
    for (StoredLine patient : generation.lines("Patient")) {
      if (!patient.id().isEmpty() && has(group, patient.id())) {
        resource
            .withArray("member")
            .addObject()
            .putObject("entity")
            .put("reference", patient.key());
      }
    }
    return resource;
  }
}
