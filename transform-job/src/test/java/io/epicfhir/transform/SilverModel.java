package io.epicfhir.transform;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What silver has to hold of a set of exports, as a pure function of the set, written down without
 * a look at how the job does it.
 */
final class SilverModel {
  private final List<History.Commit> commits;

  SilverModel(List<History.Commit> commits) {
    this.commits = commits;
  }

  /** A sighting with the commit that told it, and how much its content counts. */
  private record Candidate(
      History.Commit commit, History.Sighting sighting, boolean holds, int contentClass) {
    Instant orderTime() {
      Instant updated = sighting.updated();
      Instant exported = commit.time();
      return updated == null || updated.isAfter(exported) ? exported : updated;
    }
  }

  private static final Comparator<Candidate> BETTER =
      Comparator.comparing(Candidate::contentClass)
          .thenComparing(Candidate::orderTime)
          .thenComparing(c -> c.sighting().number().length())
          .thenComparing(c -> c.sighting().number())
          .thenComparing(c -> c.commit().time())
          .thenComparing(c -> c.commit().landedAt());

  /** The resources of a type that are there, as sorted lines: id and text. */
  List<String> live(String type) {
    return commits.stream()
        .flatMap(commit -> commit.sightings().stream())
        .map(History.Sighting::key)
        .filter(key -> key.type().equals(type))
        .distinct()
        .map(this::text)
        .flatMap(Optional::stream)
        .sorted()
        .toList();
  }

  private Optional<String> text(History.Key key) {
    List<Candidate> all =
        commits.stream()
            .flatMap(
                commit ->
                    commit.sightings().stream()
                        .filter(s -> s.key().equals(key))
                        .map(s -> candidate(commit, s)))
            .toList();
    if (all.stream().noneMatch(Candidate::holds)) {
      return Optional.empty();
    }
    return all.stream().max(BETTER).map(c -> key.id() + " " + c.sighting().text());
  }

  private Candidate candidate(History.Commit commit, History.Sighting sighting) {
    History.Key key = sighting.key();
    boolean sinceDeletion = notBefore(commit.time(), deleted(key));
    boolean holds =
        sinceDeletion
            && notBefore(commit.time(), newestFull(commit.source(), key.type()))
            && notBefore(commit.time(), concluded(commit.source(), key));
    boolean whole = !sighting.part();
    int contentClass = holds && whole ? 3 : whole && sinceDeletion ? 2 : holds ? 1 : 0;
    return new Candidate(commit, sighting, holds, contentClass);
  }

  private static boolean notBefore(Instant time, Optional<Instant> other) {
    return other.isEmpty() || !time.isBefore(other.get());
  }

  /** When the server last said that it is deleted. */
  private Optional<Instant> deleted(History.Key key) {
    return newest(commits.stream().filter(c -> !c.concludes() && c.deletions().contains(key)));
  }

  /** When a source's crawl last concluded that it is gone. */
  private Optional<Instant> concluded(String source, History.Key key) {
    return newest(
        commits.stream()
            .filter(c -> c.concludes() && c.source().equals(source))
            .filter(c -> c.deletions().contains(key)));
  }

  private Optional<Instant> newestFull(String source, String type) {
    return newest(commits.stream().filter(c -> c.source().equals(source) && isFull(c, type)));
  }

  private static boolean isFull(History.Commit commit, String type) {
    return commit.full().contains(type) || commit.full().contains("*");
  }

  private static Optional<Instant> newest(Stream<History.Commit> commits) {
    return commits.map(History.Commit::time).max(Comparator.naturalOrder());
  }
}
