package io.epicfhir.common.optout;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import java.time.Duration;
import java.time.Instant;
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

  private final Lake lake;
  private final OptOutKey key;
  private final UnsettledEntries unsettled;

  /** Of a lake. */
  public OptOutList(Lake lake) {
    this.lake = lake;
    this.key = new OptOutKey(lake, file("key.txt"));
    this.unsettled = new UnsettledEntries(lake, file("unsettled.txt"));
  }

  /**
   * The list as it is now.
   *
   * @throws JobException {@link ExitCode#STORAGE} where there is a list without its key, or a key
   *     without its list: the listed patients would come back unnoticed
   */
  public OptOuts load() {
    Optional<KeyedHashes> key = hasher();
    return of(key, entries(key.isPresent()));
  }

  /**
   * Those on it whose erasure can no longer be refused: whatever the lake has of them may go. What
   * stays out is for {@link #load} to say.
   */
  public OptOuts settled() {
    Optional<KeyedHashes> key = hasher();
    // The list first: what is added to it is noted as unsettled before.
    Map<String, String> entries = entries(key.isPresent());
    unsettled.takeFrom(entries);
    return of(key, entries);
  }

  private static OptOuts of(Optional<KeyedHashes> key, Map<String, String> entries) {
    Set<String> listed = OptOutEntry.listed(entries);
    if (listed.isEmpty()) {
      return OptOuts.NONE;
    }
    Set<String> moved = new HashSet<>(entries.keySet());
    moved.removeAll(listed);
    Set<String> persons = new HashSet<>(listed);
    persons.removeIf(hash -> !OptOutEntry.isPerson(entries.get(hash)));
    KeyedHashes hasher = key.orElseThrow(OptOutKey::isGone);
    return new OptOuts(hasher, listed, persons, new MovedToOthers(hasher, moved, Set.of()));
  }

  /** Hashes as the list does, also of those who are not on it; empty where nobody ever was. */
  public Optional<KeyedHashes> hasher() {
    return key.find();
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
    return OptOutEntry.persons(entries(hasher().isPresent()));
  }

  /** How many of them wait for their erasure, which may still be refused. */
  public long unsettled() {
    Map<String, String> entries = entries(hasher().isPresent());
    entries.keySet().retainAll(unsettled.read());
    return OptOutEntry.persons(entries);
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
          OptOutPersons all = new OptOutPersons(entries, hasher);
          all.add(persons, resources);
          unsettled.settle(all.of(persons));
        });
  }

  /**
   * Puts persons on it whose erasure may still be refused: they stay out from now on, but {@link
   * #settled} does not have them before {@link #add} has put them on it.
   */
  public void propose(Collection<Person> persons, Map<String, Set<String>> resources) {
    changing(
        (entries, hasher) -> {
          Set<String> before = OptOutEntry.listed(entries);
          new OptOutPersons(entries, hasher).add(persons, resources);
          unsettled.add(before, entries);
        });
  }

  /** Adds the hashes of resources that were kept out because they refer to a person on the list. */
  public void learn(Set<String> hashes) {
    if (!hashes.isEmpty()) {
      changing(
          (entries, hasher) -> {
            Set<String> before = OptOutEntry.listed(entries);
            learn(hashes, entries);
            unsettled.addToOthers(before, entries);
          });
    }
  }

  /** The same for resources that went because they refer to somebody whom {@link #settled} has. */
  public void learnSettled(Set<String> hashes) {
    if (!hashes.isEmpty()) {
      changing(
          (entries, hasher) -> {
            learn(hashes, entries);
            unsettled.settle(hashes);
          });
    }
  }

  private static void learn(Set<String> hashes, Map<String, String> entries) {
    hashes.forEach(
        hash ->
            entries.merge(
                hash,
                OptOutEntry.LEARNED,
                (before, now) -> before.equals(OptOutEntry.MOVED) ? now : before));
  }

  /**
   * Lets resources in again that the hospital has moved to another patient; persons stay on it.
   *
   * @param hashes of resources, some of which may not be on it
   */
  public void release(Set<String> hashes) {
    if (!hashes.isEmpty()) {
      changing(
          (entries, hasher) ->
              hashes.forEach(
                  hash ->
                      entries.computeIfPresent(
                          hash, (h, e) -> OptOutEntry.isPerson(e) ? e : OptOutEntry.MOVED)));
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
    changing((entries, hasher) -> found[0] = new OptOutPersons(entries, hasher).remove(names));
    return found[0];
  }

  private interface Change {
    void of(Map<String, String> entries, KeyedHashes hasher);
  }

  @SuppressWarnings("try") // the lock is held, not used
  private void changing(Change change) {
    try (RunLock lock = RunLock.acquire(lake, "opt-outs", PATIENCE)) {
      Optional<KeyedHashes> known = hasher();
      Map<String, String> entries = entries(known.isPresent());
      if (known.isEmpty() && !entries.isEmpty()) {
        throw OptOutKey.isGone();
      }
      if (known.isEmpty()) {
        write(entries); // before the key: a key without a list is a list that was lost
      }
      change.of(entries, known.orElseGet(key::make));
      write(entries);
      unsettled.prune(entries);
    }
  }

  private void write(Map<String, String> entries) {
    lake.write(file("list.txt"), OptOutLines.of(entries));
  }

  private Map<String, String> entries(boolean hasKey) {
    String text = lake.read(file("list.txt")).orElse("");
    return OptOutLines.read(text, hasKey, file("list.txt"));
  }

  private Path file(String name) {
    return lake.paths().state("opt-outs/" + name);
  }
}
