package io.epicfhir.common.optout;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether a text names one of some resources, each known as {@code Type/id}. An id that cannot be
 * anything else counts where no type stands beside it, too; a short one, such as 42, does not.
 */
public final class Mentions implements Serializable, Known {
  private static final long serialVersionUID = 2L;
  private static final String PATIENT = "Patient";

  private final HashSet<String> keys = new HashSet<>();
  private final HashSet<String> unique = new HashSet<>();
  private final HashSet<String> all = new HashSet<>();
  private final HashSet<String> identifiers = new HashSet<>();

  /** Of these. */
  public Mentions(Collection<String> keys) {
    this(keys, Set.of());
  }

  /**
   * Of these.
   *
   * @param identifiers of the patients among them, each as {@code system|value}
   */
  public Mentions(Collection<String> keys, Collection<String> identifiers) {
    this.identifiers.addAll(identifiers);
    for (String key : keys) {
      String id = key.substring(key.indexOf('/') + 1);
      this.keys.add(key);
      all.add(id);
      if (KeyTokens.isUnique(id)) {
        unique.add(id);
      }
    }
  }

  /** Whether it is one of them. */
  public boolean has(String type, String id) {
    return keys.contains(type + "/" + id);
  }

  /** Whether one of them has this id, of whatever type. */
  public boolean hasId(String id) {
    return all.contains(id);
  }

  /** How many there are. */
  public int size() {
    return keys.size();
  }

  /** The identifiers. */
  public Set<String> identifiers() {
    return Set.copyOf(identifiers);
  }

  /** The resources, as {@code Type/id}. */
  public Set<String> keys() {
    return Set.copyOf(keys);
  }

  /** Whether the text names one. */
  public boolean in(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return in(bytes, 0, bytes.length);
  }

  /** Whether a part of the bytes names one. */
  public boolean in(byte[] text, int offset, int length) {
    return KeyTokens.scan(text, offset, length, (type, ids) -> of(type, ids) != Name.NOBODY)
        || (!identifiers.isEmpty()
            && IdentifierReferences.any(text, offset, length, identifiers::contains));
  }

  /**
   * Whether a resource's text is about one of them: it names the patient, or names what is theirs
   * and no other patient.
   *
   * @param id of the resource; without its type it says nothing
   */
  public boolean inResource(String id, byte[] text) {
    return new TextNames(this).read(text, 0, text.length, id).any();
  }

  /** For a row of a table. */
  public RowNames row(String table) {
    return new RowNames(table, this);
  }

  /** Whether a text names a patient who is none of them. */
  public boolean another(byte[] text) {
    return new TextNames(this).read(text, 0, text.length, null).another();
  }

  /** Every {@code Type/id} in a text. */
  public static Set<String> keysIn(String text) {
    return keys(text, false);
  }

  /** The {@code Type/id} of a reference: a point at the end is the id's. */
  static Set<String> keysOf(String reference) {
    return keys(reference, true);
  }

  private static Set<String> keys(String text, boolean whole) {
    Set<String> keys = new TreeSet<>();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    KeyTokens.scan(
        bytes,
        0,
        bytes.length,
        (type, ids) -> {
          if (type != null && Character.isUpperCase(type.charAt(0))) {
            (whole ? ids.subList(0, 1) : ids).forEach(id -> keys.add(type + "/" + id));
          }
          return false;
        });
    return keys;
  }

  @Override
  public Name of(String type, String id) {
    if (!all.contains(id)) {
      return Name.NOBODY;
    }
    if (type != null && keys.contains(type + "/" + id)) {
      return type.equals(PATIENT) ? Name.PERSON : Name.THEIRS;
    }
    boolean other = type != null && FhirTypes.isType(type);
    return other || !unique.contains(id) ? Name.NOBODY : ofAnyType(id);
  }

  @Override
  public Name ofAnyType(String id) {
    if (!all.contains(id)) {
      return Name.NOBODY;
    }
    return has(PATIENT, id) ? Name.PERSON : Name.THEIRS;
  }

  @Override
  public Name ofPatients(String id) {
    return ofAnyType(id);
  }

  @Override
  public boolean isPersons(String identifier) {
    return identifiers.contains(identifier);
  }
}
