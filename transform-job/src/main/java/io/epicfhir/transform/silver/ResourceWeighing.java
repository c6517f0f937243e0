package io.epicfhir.transform.silver;

import java.io.Serializable;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.util.DateTimeUtils;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Weighs what the exports say of one resource against silver's row of it: whether a row comes,
 * changes, goes or stays. The one rule, for what this process does and for what Spark does.
 */
final class ResourceWeighing implements Serializable {
  private static final long serialVersionUID = 1L;

  private final boolean everything;
  private final long oldest;
  private final HashSet<String> swept;
  private final HashMap<String, TreeSet<UTF8String>> sweptSources = new HashMap<>();
  private final Set<UTF8String> replaced;
  private final Set<UTF8String> replacedSources;
  private final boolean removalReplaced;

  /**
   * @param everything whether all exports that ever landed are read: then what silver holds does
   *     not count
   * @param types every resource type that there is
   */
  ResourceWeighing(
      Backlog backlog, ExportFacts facts, Collection<String> types, boolean everything) {
    this.everything = everything;
    this.oldest = backlog.pending().isEmpty() ? 0 : DateTimeUtils.instantToMicros(backlog.oldest());
    this.swept = new HashSet<>(facts.swept());
    types.forEach(type -> sweptSources.put(type, new TreeSet<>(facts.sweptSources(type))));
    this.replaced = texts(backlog.replaced());
    this.replacedSources = texts(backlog.replacedSources());
    this.removalReplaced = backlog.removalReplaced();
  }

  private static Set<UTF8String> texts(Set<String> texts) {
    return texts.stream()
        .map(UTF8String::fromString)
        .collect(Collectors.toCollection(HashSet::new));
  }

  /**
   * What comes of it.
   *
   * @param verdict one of {@link Weighing}'s
   * @param heldBy the sources that hold the resource now
   */
  record Weighed(String verdict, Set<UTF8String> heldBy) {}

  private enum Content {
    NONE,
    EXPORTS,
    SILVER,
    OPEN
  }

  /** Whether silver's rows of a type are weighed of which the exports say nothing. */
  boolean concerns(String type) {
    return everything || !replaced.isEmpty() || swept.contains(type);
  }

  /** Weighs one resource. */
  Weighed weigh(String type, ResourceEvidence evidence, Optional<SilverRow> silver) {
    Set<UTF8String> leaving = new TreeSet<>(sweptSources.getOrDefault(type, new TreeSet<>()));
    leaving.addAll(evidence.goneSources());
    Set<UTF8String> survivors = new TreeSet<>();
    if (evidence.goneAt() == null && !everything) {
      silver.ifPresent(row -> survivors.addAll(row.heldBy()));
      survivors.removeAll(leaving);
    }
    Set<UTF8String> heldBy = new TreeSet<>(survivors);
    heldBy.addAll(evidence.sources());
    Content content =
        heldBy.isEmpty()
            ? Content.NONE
            : silver
                .map(row -> content(evidence, row, leaving, !survivors.isEmpty()))
                .orElse(Content.EXPORTS);
    String verdict = verdict(content, evidence, silver, heldBy);
    boolean doubted =
        !everything
            && !replaced.isEmpty()
            && silver.isPresent()
            && !isConfirmed(evidence, silver.get());
    return new Weighed(doubted ? Weighing.RECOMPUTE : verdict, heldBy);
  }

  private Content content(
      ResourceEvidence evidence, SilverRow row, Set<UTF8String> leaving, boolean others) {
    Sighting best = evidence.best();
    Rank rank = evidence.bestRank();
    if (everything) {
      // The text can be the same, and no longer, or again, be one that its source holds.
      boolean sameHolds = evidence.bestIsHeld() == (row.source() != null);
      return !row.deleted() && isSame(best, row) && sameHolds ? Content.SILVER : Content.EXPORTS;
    }
    if (row.deleted()) {
      // A whole version from before the disappearance counts more than a part.
      return best != null && rank.contentClass() <= Rank.PART ? Content.OPEN : Content.EXPORTS;
    }
    boolean silverHolds =
        evidence.goneAt() == null
            && row.source() != null
            && row.heldBy().contains(row.source())
            && !leaving.contains(row.source());
    if (best == null) {
      return silverHolds ? Content.SILVER : Content.OPEN;
    }
    boolean same = isSame(best, row);
    if (silverHolds) {
      if (same) {
        return Content.SILVER;
      }
      if (mayBeNewer(rank, row)) {
        return Content.OPEN;
      }
      return rank.compareTo(row.rank()) > 0 ? Content.EXPORTS : Content.SILVER;
    }
    boolean noWholeHolds =
        rank.contentClass() < Rank.WHOLE && row.rank().contentClass() > Rank.PART;
    boolean othersMayBeNewer = others && rank.compareTo(row.rank()) < 0;
    if (evidence.sources().isEmpty() || noWholeHolds || othersMayBeNewer) {
      return Content.OPEN;
    }
    return same ? Content.SILVER : Content.EXPORTS;
  }

  private static boolean isSame(Sighting best, SilverRow row) {
    return row.rank().contentHash() != null && best.contentHash() == row.rank().contentHash();
  }

  /** Whether what silver has of a resource does not hang on an export's earlier landing. */
  private boolean isConfirmed(ResourceEvidence evidence, SilverRow row) {
    if (removalReplaced) {
      return false;
    }
    if (row.deleted()) {
      return true;
    }
    boolean same = evidence.best() != null && isSame(evidence.best(), row);
    return (same || (row.exportId() != null && !replaced.contains(row.exportId())))
        && row.heldBy().stream()
            .filter(replacedSources::contains)
            .allMatch(evidence.sources()::contains);
  }

  /**
   * Silver does not keep that an export without last_updated repeated its text: the text may be as
   * new as the export before this batch.
   */
  private boolean mayBeNewer(Rank rank, SilverRow row) {
    return row.floating()
        && rank.contentClass() == row.rank().contentClass()
        && rank.orderTime() < oldest
        && rank.compareTo(row.rank()) > 0;
  }

  private static String verdict(
      Content content,
      ResourceEvidence evidence,
      Optional<SilverRow> silver,
      Set<UTF8String> heldBy) {
    if (content == Content.OPEN) {
      return Weighing.RECOMPUTE;
    }
    if (silver.isEmpty()) {
      return content == Content.EXPORTS ? Weighing.INSERT : Weighing.BURY;
    }
    return switch (content) {
      case EXPORTS -> Weighing.UPDATE;
      case SILVER -> heldBy.equals(silver.get().heldBy()) ? Weighing.KEEP : Weighing.HOLD;
      default -> {
        if (silver.get().deleted()) {
          yield Weighing.KEEP;
        }
        yield evidence.goneAt() != null ? Weighing.DELETE : Weighing.RELEASE;
      }
    };
  }
}
