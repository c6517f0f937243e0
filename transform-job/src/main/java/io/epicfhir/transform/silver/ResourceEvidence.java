package io.epicfhir.transform.silver;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What the exports that are read say of one resource: which sources hold it, which content counts,
 * and whether it is gone. A pure function of the set of exports; in which order they arrived does
 * not matter.
 *
 * <p>A sighting holds unless its source made a full export later, or the resource was deleted
 * later. The content is the newest one among the sightings that hold: by last_updated (never later
 * than the export that reported it), version, time of the export, time of the commit. A part of a
 * resource (tag SUBSETTED) gives way to any whole version since the last deletion.
 *
 * @param received pending sightings
 * @param sources that hold it
 * @param best the content that counts; null where it was not sighted
 * @param bestRank its place in the order
 * @param goneAt when the newest word of a server was true that it is gone; null for none
 * @param goneBy the export that said so
 * @param keptOut whether that export has it as a resource of a patient whose records stay out
 * @param goneSources those that no longer find it
 */
record ResourceEvidence(
    long received,
    long parts,
    long capped,
    long receivedDeletions,
    Set<UTF8String> sources,
    Sighting best,
    Rank bestRank,
    Long goneAt,
    UTF8String goneBy,
    boolean keptOut,
    Set<UTF8String> goneSources) {
  /** Why a resource is gone that stays out of the lake by now. */
  static final String KEPT_OUT = "it belongs to a patient whose records are kept out";

  /** Nothing was said. */
  static final ResourceEvidence NONE = of(List.of(), List.of());

  /**
   * @param gone the exports with an entry that says that it is gone, one for each entry
   */
  static ResourceEvidence of(List<Sighting> sightings, List<ExportFact> gone) {
    ExportFact word = null;
    Set<UTF8String> goneSources = new TreeSet<>();
    for (ExportFact export : gone) {
      if (!export.stated()) {
        goneSources.add(export.source());
      } else if (word == null || isLater(export, word)) {
        word = export;
      }
    }
    Long goneAt = word == null ? null : (Long) word.time();
    long[] counts = new long[3];
    Set<UTF8String> sources = new TreeSet<>();
    Sighting best = null;
    Rank bestRank = null;
    for (Sighting one : sightings) {
      boolean sinceDeletion = isSinceDeletion(one, goneAt);
      boolean holds = holds(one, goneAt, gone);
      if (holds) {
        sources.add(one.export().source());
      }
      if (one.export().pending()) {
        counts[0]++;
        counts[1] += one.subsetted() ? 1 : 0;
        counts[2] += one.capped() ? 1 : 0;
      }
      Rank rank = one.rank(contentClass(one, holds, sinceDeletion));
      int order = best == null ? 1 : rank.compareTo(bestRank);
      if (order > 0 || (order == 0 && Sighting.PLACE.compare(one, best) > 0)) {
        best = one;
        bestRank = rank;
      }
    }
    return new ResourceEvidence(
        counts[0],
        counts[1],
        counts[2],
        gone.stream().filter(ExportFact::pending).count(),
        sources,
        best,
        bestRank,
        goneAt,
        word == null ? null : word.exportId(),
        word != null && word.keepsOut(),
        goneSources);
  }

  private static int contentClass(Sighting one, boolean holds, boolean sinceDeletion) {
    if (one.subsetted()) {
      return holds ? Rank.PART : Rank.NOTHING;
    }
    if (holds) {
      return Rank.WHOLE;
    }
    return sinceDeletion ? Rank.OBSOLETE_WHOLE : Rank.NOTHING;
  }

  private static boolean isLater(ExportFact one, ExportFact other) {
    return one.time() != other.time()
        ? one.time() > other.time()
        : one.exportId().compareTo(other.exportId()) > 0;
  }

  /** Whether its source still holds it, by all that is read. */
  static boolean holds(Sighting one, Long goneAt, List<ExportFact> gone) {
    return !one.obsolete() && isSinceDeletion(one, goneAt) && !isConcludedGone(one, gone);
  }

  static boolean isSinceDeletion(Sighting one, Long goneAt) {
    return goneAt == null || one.export().time() >= goneAt;
  }

  /** Whether its source looked for it later, and did not find it. */
  private static boolean isConcludedGone(Sighting one, List<ExportFact> gone) {
    return gone.stream()
        .anyMatch(
            g ->
                !g.stated()
                    && g.source().equals(one.export().source())
                    && g.time() > one.export().time());
  }

  /**
   * Whether a source holds the best content; not so a whole version that its source no longer
   * holds, kept because only parts are held. Any whole version that comes counts more.
   */
  boolean bestIsHeld() {
    return bestRank.contentClass() != Rank.OBSOLETE_WHOLE;
  }

  /** Why the resource is gone, where it is. */
  String goneReason() {
    if (keptOut) {
      return KEPT_OUT;
    }
    if (goneAt != null) {
      return "the server said that it is deleted";
    }
    return goneSources.isEmpty() ? "a full export no longer held it" : "a crawl no longer found it";
  }
}
