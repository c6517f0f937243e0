package io.epicfhir.common.optout;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * The patients whose records are kept out: {@code state/opt-outs/list.txt} has a line per hash,
 * preceded by the person's own hash; {@code state/opt-outs/key.txt} has the HMAC key, which is
 * created at first use. Neither file contains an id.
 */
public final class OptOutList {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int KEY_BYTES = 32;

  private final Lake lake;

  /** Of a lake. */
  public OptOutList(Lake lake) {
    this.lake = lake;
  }

  /**
   * The list as it is now.
   *
   * @throws JobException {@link ExitCode#STORAGE} where there is a list without its key, or a key
   *     without its list: the listed patients would come back unnoticed
   */
  public OptOuts load() {
    Optional<byte[]> key = key();
    Map<String, String> entries = entries(key.isPresent());
    if (entries.isEmpty()) {
      return OptOuts.NONE;
    }
    Set<String> persons = new HashSet<>(entries.keySet());
    persons.removeIf(hash -> !OptOutEntry.isPerson(entries.get(hash)));
    return new OptOuts(key.orElseThrow(OptOutList::keyIsGone), entries.keySet(), persons);
  }

  /** Hashes as the list does, whoever is on it; empty where nobody ever was. */
  public Optional<OptOuts> hasher() {
    return key().map(key -> new OptOuts(key, Set.of(), Set.of()));
  }

  /** When it was last changed; empty if there is no list. */
  public Optional<Instant> changedAt() {
    return lake.list(file("list.txt").getParent()).stream()
        .filter(status -> status.getPath().getName().equals("list.txt"))
        .map(status -> Instant.ofEpochMilli(status.getModificationTime()))
        .findFirst();
  }

  /** The number of persons on it. */
  public long persons() {
    return entries(key().isPresent()).values().stream()
        .filter(OptOutEntry::isPerson)
        .distinct()
        .count();
  }

  /**
   * A person whose records are kept out.
   *
   * @param records the person's own records, as {@code Type/id}; at least one
   * @param names further ids and identifiers by which the person can be readmitted
   */
  public record Person(SortedSet<String> records, Set<String> names) {
    public Person {
      records = Collections.unmodifiableSortedSet(new TreeSet<>(records));
      names = Set.copyOf(names);
    }
  }

  /**
   * Puts persons on it.
   *
   * @param resources all their other resources, as {@code Type/id}; each is kept out until the last
   *     of these persons is readmitted, because a Binary, for example, does not name its patient
   */
  public void add(Collection<Person> persons, Collection<String> resources) {
    Set<String> all = new TreeSet<>();
    persons.forEach(person -> all.addAll(person.records()));
    Map<String, Set<String>> owners = new TreeMap<>();
    resources.forEach(resource -> owners.put(resource, all));
    add(persons, owners);
  }

  /**
   * The same, if the owners of each resource are known.
   *
   * @param resources by {@code Type/id}, the records of the persons it belongs to, as {@code
   *     Type/id}
   */
  public void add(Collection<Person> persons, Map<String, Set<String>> resources) {
    changing(
        (entries, hasher) -> {
          Map<String, String> byRecord = new TreeMap<>();
          for (Person person : persons) {
            String own = known(person, entries, hasher);
            person.records().forEach(record -> byRecord.put(record, own));
            person.records().forEach(r -> hasher.hashesOf(r).forEach(h -> entries.put(h, own)));
            person.names().forEach(name -> entries.putIfAbsent(hasher.hash(name), own));
          }
          resources.forEach(
              (resource, records) -> {
                Set<String> owners = new TreeSet<>();
                records.forEach(record -> owners.add(byRecord.get(record)));
                String theirs = OptOutEntry.theirs(owners);
                hasher
                    .hashesOf(resource)
                    .forEach(hash -> entries.merge(hash, theirs, OptOutEntry::both));
              });
        });
  }

  /**
   * A second try may know fewer of the person's records than the first. Only records identify a
   * person: two persons may share an identifier.
   */
  private static String known(Person person, Map<String, String> entries, OptOuts hasher) {
    return person.records().stream()
        .map(name -> entries.get(hasher.hash(name)))
        .filter(other -> other != null && OptOutEntry.isPerson(other))
        .findFirst()
        .orElseGet(() -> hasher.hash("person " + person.records().first()));
  }

  /** Adds the hashes of resources that were kept out because they refer to a person on the list. */
  public void learn(Set<String> hashes) {
    if (!hashes.isEmpty()) {
      changing(
          (entries, hasher) -> hashes.forEach(h -> entries.putIfAbsent(h, OptOutEntry.LEARNED)));
    }
  }

  /**
   * Removes persons from the list.
   *
   * @param names of the persons: resources as {@code Type/id}, or other names
   * @return how many of the names were on the list
   */
  public int remove(Collection<String> names) {
    int[] found = new int[1];
    changing(
        (entries, hasher) -> {
          Set<String> persons = new HashSet<>();
          for (String name : names) {
            String person = entries.get(hasher.hash(name));
            if (OptOutEntry.LEARNED.equals(person)) {
              found[0]++; // a merge that the hospital has undone
              entries.keySet().removeAll(hasher.hashesOf(name));
            } else if (person != null && OptOutEntry.isPerson(person)) {
              persons.add(person);
              found[0]++;
            }
          }
          if (!persons.isEmpty()) {
            entries.replaceAll((hash, entry) -> OptOutEntry.without(entry, persons));
            entries.values().removeIf(String::isEmpty);
          }
        });
    return found[0];
  }

  private interface Change {
    void of(Map<String, String> entries, OptOuts hasher);
  }

  @SuppressWarnings("try") // the lock is held, not used
  private void changing(Change change) {
    try (RunLock lock = RunLock.acquire(lake, "opt-outs", PATIENCE)) {
      Optional<byte[]> known = key();
      Map<String, String> entries = entries(known.isPresent());
      if (known.isEmpty() && !entries.isEmpty()) {
        throw keyIsGone();
      }
      if (known.isEmpty()) {
        write(entries); // before the key: a key without a list is a list that was lost
      }
      change.of(entries, new OptOuts(known.orElseGet(this::newKey), Set.of(), Set.of()));
      write(entries);
    }
  }

  private void write(Map<String, String> entries) {
    lake.write(file("list.txt"), OptOutLines.of(entries));
  }

  private Map<String, String> entries(boolean hasKey) {
    String text = lake.read(file("list.txt")).orElse("");
    return OptOutLines.read(text, hasKey, file("list.txt"));
  }

  private Optional<byte[]> key() {
    return lake.read(file("key.txt")).map(text -> Base64.getDecoder().decode(text.strip()));
  }

  private byte[] newKey() {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    lake.write(file("key.txt"), Base64.getEncoder().encodeToString(key) + "\n");
    return key;
  }

  private static JobException keyIsGone() {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot tell which patients opted out: state/opt-outs/key.txt is missing; restore it from a"
            + " backup");
  }

  private Path file(String name) {
    return lake.paths().state("opt-outs/" + name);
  }
}
