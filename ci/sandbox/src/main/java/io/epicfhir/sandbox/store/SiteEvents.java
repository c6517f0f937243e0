package io.epicfhir.sandbox.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;

/**
 * What happens at a site between two nights, and moves no date. Ids are those that are served. The
 * events stay in force over reloads of the folder.
 */
public final class SiteEvents {
  private final SiteChanges changes;
  private final ResourceStore store;

  public SiteEvents(SiteChanges changes, ResourceStore store) {
    this.changes = changes;
    this.store = store;
  }

  /**
   * One patient is retired: its resources become the survivor's, whose {@code link} names it. A
   * request for the retired one is sent to the survivor with 302 and code 4107.
   */
  public ResourceStore.Reload merge(String from, String to) {
    if (from.equals(to) || unknown(from) || unknown(to)) {
      throw new IllegalArgumentException("Cannot merge: two patients that are served are needed");
    }
    changes.merges.put(from, to);
    return reload();
  }

  /** A merge is taken back. */
  public ResourceStore.Reload unmerge(String from) {
    if (changes.merges.remove(from) == null) {
      throw new IllegalArgumentException("Cannot unmerge: the patient is not merged");
    }
    return reload();
  }

  /** Resources, as "Type/id", are gone. */
  public ResourceStore.Reload retract(Collection<String> resources) {
    changes.retracted.addAll(resources);
    return reload();
  }

  /** Retracted resources are back as they were. */
  public ResourceStore.Reload restore(Collection<String> resources) {
    changes.retracted.removeAll(resources);
    return reload();
  }

  /** Resources, as "Type/id", are in no export and no search any more; a read finds them. */
  public ResourceStore.Reload hide(Collection<String> resources) {
    changes.hidden.addAll(resources);
    return reload();
  }

  /** Hidden resources are found again. */
  public ResourceStore.Reload show(Collection<String> resources) {
    changes.hidden.removeAll(resources);
    return reload();
  }

  /** Elements of a resource read otherwise from now on. */
  public ResourceStore.Reload correct(String resource, ObjectNode elements) {
    changes.corrections.merge(
        resource, elements.deepCopy(), (old, more) -> old.deepCopy().setAll(more));
    return reload();
  }

  /** Patients belong to no group: they are in no export and no list of members. */
  public SiteEvents leave(Collection<String> patients) {
    changes.outsiders.addAll(patients);
    return this;
  }

  /** Patients belong to the groups again, or at last. */
  public SiteEvents join(Collection<String> patients) {
    changes.outsiders.removeAll(patients);
    return this;
  }

  /** Requests for a patient are answered like this. */
  public SiteEvents breakGlass(String patient, BreakGlass answer) {
    changes.breakGlass.put(patient, answer);
    return this;
  }

  /** Nobody is restricted any more. */
  public SiteEvents mendGlass() {
    changes.breakGlass.clear();
    return this;
  }

  /** Searches and exports find nothing, and say 200; reads work. */
  public SiteEvents emptyNight() {
    changes.emptyNight = true;
    return this;
  }

  /** Searches and exports find what is there. */
  public SiteEvents dawn() {
    changes.emptyNight = false;
    return this;
  }

  private boolean unknown(String patient) {
    return store.current().index("Patient").line(patient).isEmpty();
  }

  private ResourceStore.Reload reload() {
    try {
      return store.reload();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
