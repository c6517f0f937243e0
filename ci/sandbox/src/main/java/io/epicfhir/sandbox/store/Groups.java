package io.epicfhir.sandbox.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.lines.StoredLine;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** The groups that can be read and exported: the one of all patients, and those of some. */
public final class Groups {
  private static final String DEALT = "group-";

  private final String whole;
  private final Map<String, Set<String>> some;
  private final int dealt;
  private final SiteChanges changes;

  /**
   * The groups of a site.
   *
   * @param whole the id of the group of all patients
   * @param some groups of some patients, by id
   * @param dealt to how many groups the patients are dealt
   */
  public Groups(String whole, Map<String, Set<String>> some, int dealt, SiteChanges changes) {
    this.whole = whole;
    this.some = some;
    this.dealt = dealt;
    this.changes = changes;
  }

  public boolean exists(String group) {
    return ofAll(group) || some.containsKey(group) || dealt().contains(group);
  }

  boolean ofAll(String group) {
    return group.equals(whole);
  }

  /** Whether every resource belongs to the group. */
  public boolean whole(String group) {
    return ofAll(group) && changes.outsiders.isEmpty();
  }

  /** Whether the patient is a member; what has no patient belongs to every group. */
  public boolean has(String group, String patient) {
    if (changes.outsiders.contains(patient)) {
      return false;
    }
    Set<String> members = some.get(group);
    return ofAll(group)
        || patient.isEmpty()
        || (members == null ? group.equals(DEALT + dealt(patient)) : members.contains(patient));
  }

  /** By hash, so that a patient stays in its group when others come and go. */
  private int dealt(String patient) {
    return dealt == 0 ? 0 : 1 + Math.floorMod(patient.hashCode(), dealt);
  }

  /** The names of the dealt groups. */
  public List<String> dealt() {
    return IntStream.rangeClosed(1, dealt).mapToObj(i -> DEALT + i).toList();
  }

  public ObjectNode resource(String group, Generation generation) {
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
