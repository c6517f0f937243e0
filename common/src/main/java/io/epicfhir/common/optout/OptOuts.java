package io.epicfhir.common.optout;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Whose records stay out, by keyed hashes (HMAC-SHA-256) of what names them: nobody without the key
 * can see from it who they are. Used by one thread at a time; {@link #copy} gives another one its
 * own.
 */
public final class OptOuts implements Serializable, Known {
  private static final long serialVersionUID = 3L;

  /** Nobody. */
  public static final OptOuts NONE =
      new OptOuts(new KeyedHashes(new byte[1]), Set.of(), Set.of(), MovedToOthers.NONE);

  private static final String PERSON = "Patient";
  private static final String BINARY = "Binary";

  /** Names come again and again; a hash costs a microsecond. */
  private static final int REMEMBERED = 50_000;

  private final KeyedHashes hasher;
  private final HashSet<String> hashes;
  private final HashSet<String> persons;
  private final MovedToOthers moved;
  private transient Map<String, Boolean> remembered;
  private final OptOutNews news;

  /**
   * @param hashes of all that is on the list
   * @param persons those among them that are names of persons
   * @param moved what was on the list and is another patient's now
   */
  OptOuts(
      KeyedHashes hasher,
      Collection<String> hashes,
      Collection<String> persons,
      MovedToOthers moved) {
    this.hasher = hasher;
    this.news = new OptOutNews(hasher, moved);
    this.hashes = new HashSet<>(hashes);
    this.persons = new HashSet<>(persons);
    this.moved = moved;
  }

  /** The same for another thread. */
  public OptOuts copy() {
    return new OptOuts(hasher, hashes, persons, moved);
  }

  /**
   * The same where newer texts show that resources are other patients' now: an older text of one
   * that names who is on the list stays out, but not what refers to it.
   *
   * @param shown hashes of the resources; see {@link #shown()}
   */
  public OptOuts knowing(Set<String> shown) {
    return new OptOuts(hasher, hashes, persons, moved.showing(shown));
  }

  /** Whether nobody is on the list. */
  public boolean isEmpty() {
    return hashes.isEmpty();
  }

  /** Whether a resource is on the list; what serves many patients is nobody's. */
  public boolean has(String type, String id) {
    return id != null && !FhirTypes.isShared(type) && listed(type + "/" + id);
  }

  /** Whether a text names somebody or something on the list. */
  public boolean in(byte[] text, int offset, int length) {
    return !isEmpty()
        && (KeyTokens.scan(text, offset, length, (type, ids) -> of(type, ids) != Name.NOBODY)
            || IdentifierReferences.any(text, offset, length, this::isPersons));
  }

  /** For a row of a table. */
  public RowNames row(String table) {
    return new RowNames(table, this);
  }

  /**
   * Whether a resource stays out: it is a person's on the list, or its text names who is. What is
   * on the list as theirs stays out until its text names other patients alone, or nothing but what
   * is another patient's by now. It is remembered, because others may refer to nothing but it, and
   * the tables may have an older version of it.
   *
   * @param id null where it has none
   */
  public boolean keepsOut(String type, String id, byte[] text, int offset, int length) {
    boolean out = !isEmpty() && staysOut(type, id, text, offset, length);
    if (out && id != null) {
      news.keptOut(type + "/" + id);
    }
    return out;
  }

  /** A patient whose record did not come is the same person as one on the list. */
  public void keepOut(String patient) {
    news.learned(patient);
    news.keptOut(patient);
  }

  /** Whether a record stays out because of another one: an erasure may not have removed it yet. */
  public boolean isLearned(String record) {
    return listed(record) && !isErased(record);
  }

  private boolean staysOut(String type, String id, byte[] text, int offset, int length) {
    boolean own = has(type, id);
    if (type.equals(PERSON)) {
      TextNames names = new TextNames(this).read(text, offset, length, id);
      boolean linked = !own && names.any() && links(text, offset, length);
      if (linked && id != null) {
        news.learned(type + "/" + id);
      }
      return own || linked;
    }
    TextNames names = new TextNames(this).read(text, offset, length, id);
    if (!names.any() && !own) {
      return false;
    }
    if (!names.any() && (names.another() || moved.areNamed(text, offset, length))) {
      news.released(type + "/" + id, text, offset, length);
      return false;
    }
    // What is about somebody else, too (a group, a list), or serves many, must not keep out all
    // that refers to it.
    if (!names.another() && !FhirTypes.isShared(type)) {
      learn(type, id, own, text, offset, length);
    }
    return true;
  }

  private void learn(String type, String id, boolean own, byte[] text, int offset, int length) {
    String resource = id == null ? null : type + "/" + id;
    if (resource != null && !own) {
      news.learned(resource);
    }
    news.learnedBinaries(resource, text, offset, length, one -> has(BINARY, one));
  }

  /** A person's record may name another one: the mother's. Only a link makes it the same. */
  private boolean links(byte[] text, int offset, int length) {
    String json = new String(text, offset, length, StandardCharsets.UTF_8);
    return LinkedRecords.of(json, PERSON).stream().anyMatch(this::listed);
  }

  /** Hashes of what stayed out and was not on the list. */
  public Set<String> learned() {
    return news.learned();
  }

  /** All that stayed out and has an id, as entries of {@link KeptOut}. */
  public Set<String> keptOut() {
    return news.keptOut();
  }

  /** Hashes of what was on the list and came as another patient's, and of its documents. */
  public Set<String> released() {
    return news.released();
  }

  /** The same without documents that do not say themselves whose they are. */
  public Set<String> shown() {
    return news.shown();
  }

  @Override
  public Name of(String type, String id) {
    if (type != null && FhirTypes.isShared(type)) {
      return Name.NOBODY;
    }
    if (type != null && !type.equals("uuid") && listed(type + "/" + id)) {
      return type.equals(PERSON) ? Name.PERSON : Name.THEIRS;
    }
    boolean other = type != null && FhirTypes.isType(type);
    return other || !KeyTokens.isUnique(id) ? Name.NOBODY : name(KeyedHashes.anyType(id));
  }

  private Name name(String name) {
    if (!listed(name)) {
      return Name.NOBODY;
    }
    return persons.contains(hasher.of(name)) ? Name.PERSON : Name.THEIRS;
  }

  @Override
  public Name ofAnyType(String id) {
    if (has(PERSON, id)) {
      return Name.PERSON;
    }
    Name unique = KeyTokens.isUnique(id) ? name(KeyedHashes.anyType(id)) : Name.NOBODY;
    boolean theirs =
        unique == Name.NOBODY && FhirTypes.ofPatients().stream().anyMatch(type -> has(type, id));
    return theirs ? Name.THEIRS : unique;
  }

  @Override
  public Name ofPatients(String id) {
    Name unique = name(KeyedHashes.anyType(id));
    if (unique != Name.THEIRS || has(PERSON, id)) {
      return unique == Name.NOBODY ? unique : Name.PERSON;
    }
    // Lists of earlier releases have devices and the like, too.
    boolean theirs = FhirTypes.ofPatients().stream().anyMatch(type -> has(type, id));
    return theirs ? unique : Name.NOBODY;
  }

  @Override
  public boolean isPersons(String identifier) {
    return listed(identifier);
  }

  /** Whether a name is that of a person whom an erasure listed, not of one kept out by a link. */
  public boolean isErased(String name) {
    return !isEmpty() && persons.contains(hasher.of(name));
  }

  /** Whether a name of a person is on the list: {@code Type/id}, or another one it was given. */
  public boolean listed(String name) {
    if (isEmpty()) {
      return false;
    }
    if (remembered == null || remembered.size() > REMEMBERED) {
      remembered = new HashMap<>();
    }
    return remembered.computeIfAbsent(name, n -> hashes.contains(hasher.of(n)));
  }

  /** A resource's entry of {@link KeptOut}, from {@code Type/id}. */
  public String entry(String resource) {
    return KeptOut.entry(resource, hasher);
  }

  /** The hashes by which a resource is known, from {@code Type/id}. */
  public Set<String> hashesOf(String resource) {
    return hasher.ofResource(resource);
  }
}
