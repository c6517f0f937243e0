package io.epicfhir.transform.silver;

import java.util.List;

/**
 * Which sightings of a resource no table can stand on any more: what silver makes of the exports is
 * the same without them, whatever else is landed later.
 *
 * <p>One that holds is needed unless its own source reported as much of the resource at the same
 * time or later, with a content that counts more: whatever ends the later one ends it, too. One
 * that no longer holds is needed only for its content, to which a part of the resource gives way
 * that may come again: it is a whole version since the last deletion, and none of the same time or
 * later counts more.
 */
final class ObsoleteSightings {
  private final List<ExportFact> gone;
  private final Long goneAt;
  private final List<Sighting> holding;
  private final List<Sighting> whole;

  private ObsoleteSightings(List<Sighting> sightings, List<ExportFact> gone) {
    this.gone = gone;
    this.goneAt = ResourceEvidence.of(sightings, gone).goneAt();
    this.holding = sightings.stream().filter(this::holds).toList();
    this.whole = sightings.stream().filter(this::isWholeSinceDeletion).toList();
  }

  /**
   * Chooses them.
   *
   * @param gone the exports with an entry that says that the resource is gone
   */
  static List<Sighting> of(List<Sighting> sightings, List<ExportFact> gone) {
    ObsoleteSightings all = new ObsoleteSightings(sightings, gone);
    return sightings.stream().filter(all::isObsolete).toList();
  }

  private boolean isObsolete(Sighting one) {
    return holds(one)
        ? holding.stream().anyMatch(other -> covers(other, one))
        : !isWholeSinceDeletion(one) || whole.stream().anyMatch(other -> countsMore(other, one));
  }

  private boolean isWholeSinceDeletion(Sighting one) {
    return !one.subsetted() && ResourceEvidence.isSinceDeletion(one, goneAt);
  }

  private boolean holds(Sighting one) {
    return ResourceEvidence.holds(one, goneAt, gone);
  }

  private static boolean covers(Sighting other, Sighting one) {
    return other.export().source().equals(one.export().source())
        && (one.subsetted() || !other.subsetted())
        && countsMore(other, one);
  }

  /** Whatever ends the other one's time has ended this one's. */
  private static boolean countsMore(Sighting other, Sighting one) {
    int rank = other.rank(Rank.WHOLE).compareTo(one.rank(Rank.WHOLE));
    return other.export().time() >= one.export().time()
        && (rank > 0 || (rank == 0 && Sighting.PLACE.compare(other, one) > 0));
  }
}
