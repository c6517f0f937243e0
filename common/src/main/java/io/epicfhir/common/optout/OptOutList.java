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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/**
 * The list of those whose records stay out: {@code state/opt-outs/list.txt}, a line for each hash
 * with the person's own before it, and the key of the hashes, {@code state/opt-outs/key.txt}, made
 * at first use. No id stands in either.
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
   * @throws JobException {@link ExitCode#STORAGE} where there is a list without its key: who is on
   *     it cannot be told, and must not come back
   */
  public OptOuts load() {
    Map<String, String> entries = entries();
    if (entries.isEmpty()) {
      return OptOuts.NONE;
    }
    return new OptOuts(key().orElseThrow(OptOutList::keyIsGone), entries.keySet());
  }

  /** When it was changed last; empty where there is none. */
  public Optional<Instant> changedAt() {
    return lake.list(file("list.txt").getParent()).stream()
        .filter(status -> status.getPath().getName().equals("list.txt"))
        .map(status -> Instant.ofEpochMilli(status.getModificationTime()))
        .findFirst();
  }

  /** How many persons are on it. */
  public long persons() {
    return entries().values().stream().filter(OptOutEntry::isPerson).distinct().count();
  }

  /**
   * Somebody who is to stay out.
   *
   * @param records the person's own records, as {@code Type/id}; at least one
   * @param names other names, by which an opt-out can be taken back
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
   * @param resources everything else that is theirs, as {@code Type/id}; stays out until the last
   *     of them is taken off: what names nobody, such as a Binary, could not be known again
   */
  public void add(Collection<Person> persons, Collection<String> resources) {
    changing(
        (entries, hasher) -> {
          Set<String> owners = new TreeSet<>();
          for (Person person : persons) {
            String own = known(person, entries, hasher);
            owners.add(own);
            person.records().forEach(r -> hasher.hashesOf(r).forEach(h -> entries.put(h, own)));
            person.names().forEach(name -> entries.put(hasher.hash(name), own));
          }
          resources.stream()
              .flatMap(resource -> hasher.hashesOf(resource).stream())
              .forEach(hash -> entries.merge(hash, OptOutEntry.theirs(owners), OptOutEntry::both));
        });
  }

  /** A second try may know fewer records of the person than the first. */
  private static String known(Person person, Map<String, String> entries, OptOuts hasher) {
    return Stream.concat(person.records().stream(), person.names().stream())
        .map(name -> entries.get(hasher.hash(name)))
        .filter(other -> other != null && OptOutEntry.isPerson(other))
        .findFirst()
        .orElseGet(() -> hasher.hash("person " + person.records().first()));
  }

  /** Adds what was kept out because it names somebody on the list. */
  public void learn(Set<String> hashes) {
    if (!hashes.isEmpty()) {
      changing(
          (entries, hasher) -> hashes.forEach(h -> entries.putIfAbsent(h, OptOutEntry.LEARNED)));
    }
  }

  /**
   * Takes persons off it.
   *
   * @param names of the persons: resources as {@code Type/id}, or other names
   * @return how many of the names were on it
   */
  public int remove(Collection<String> names) {
    int[] found = new int[1];
    changing(
        (entries, hasher) -> {
          Set<String> persons = new HashSet<>();
          for (String name : names) {
            String person = entries.get(hasher.hash(name));
            if (person != null && OptOutEntry.isPerson(person)) {
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
      Map<String, String> entries = entries();
      Optional<byte[]> known = key();
      if (known.isEmpty() && !entries.isEmpty()) {
        throw keyIsGone();
      }
      change.of(entries, new OptOuts(known.orElseGet(this::newKey), Set.of()));
      lake.write(
          file("list.txt"),
          entries.entrySet().stream()
              .map(entry -> entry.getValue() + " " + entry.getKey() + "\n")
              .collect(Collectors.joining()));
    }
  }

  /** Persons by hash. */
  private Map<String, String> entries() {
    Map<String, String> entries = new TreeMap<>();
    Set<String> bad = new TreeSet<>();
    for (String line : lake.read(file("list.txt")).orElse("").lines().toList()) {
      String[] words = line.split(" ", -1);
      if (words.length == 2) {
        entries.put(words[1], words[0]);
      } else {
        bad.add(line);
      }
    }
    if (!bad.isEmpty()) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot read "
              + file("list.txt")
              + ": it is damaged; restore it from a backup, because it says whose records stay out");
    }
    return entries;
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
        "Cannot tell whose records stay out: state/opt-outs/key.txt is not there; restore it from a"
            + " backup");
  }

  private Path file(String name) {
    return lake.paths().state("opt-outs/" + name);
  }
}
