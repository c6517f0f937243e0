package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.fetch.RawDocument;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.Digest;
import io.epicfhir.extract.crawl.index.DigestTable;
import io.epicfhir.extract.crawl.index.HeldDocument;
import io.epicfhir.extract.crawl.spool.ReadById;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The documents that resources point to, with the patients whose resources these are and the media
 * types that these tell: a document says none of it.
 */
final class NamedDocuments {
  private static final String PREFIX = RawDocument.BINARY + "/";

  private final Map<String, HeldDocument> named = new LinkedHashMap<>();
  private final Map<String, String> typesBefore = new HashMap<>();
  private final DigestTable lately = new DigestTable(0);
  private final Digest digest = new Digest();
  private final Told patients = new Told();
  private final Told mediaTypes = new Told();

  static boolean isDocument(String reference) {
    return reference.startsWith(PREFIX);
  }

  private static HeldDocument of(String reference, String patient) {
    int blank = reference.indexOf(' ');
    String id = reference.substring(PREFIX.length(), blank < 0 ? reference.length() : blank);
    return new HeldDocument(id, patient, blank < 0 ? "" : reference.substring(blank + 1));
  }

  /** One that an earlier crawl read, and that is not read again. */
  void readLately(CrawlIndex.Seen seen) {
    lately.add(digest.of(seen.id()));
    patients.before(seen.id(), seen.patient());
    mediaTypes.before(seen.id(), seen.mediaType());
  }

  /** One that an earlier crawl read, and that is read again. */
  void readBefore(CrawlIndex.Seen seen) {
    if (!seen.mediaType().isEmpty()) {
      typesBefore.put(seen.id(), seen.mediaType());
    }
  }

  /**
   * A resource points to a document that is to be fetched.
   *
   * @param reference as "Binary/id", with its media type after a space
   * @param patient whose resource it is; empty where that is nobody's
   */
  void add(String reference, String patient) {
    HeldDocument document = of(reference, patient);
    String before = typesBefore.getOrDefault(document.id(), "");
    named.put(
        document.id(),
        document.mediaType().isEmpty()
            ? new HeldDocument(document.id(), patient, before)
            : document);
  }

  /** A resource points to a document that is known already; what it tells of it is noted. */
  void again(String reference, String patient) {
    HeldDocument document = of(reference, patient);
    if (lately.find(digest.of(document.id())) >= 0) {
      patients.now(document.id(), patient);
      mediaTypes.now(document.id(), document.mediaType());
    }
  }

  /** What is known of a document that was not read again. */
  CrawlIndex.Seen carried(CrawlIndex.Seen seen) {
    String patient = patients.of(seen.id(), seen.patient());
    String type = mediaTypes.of(seen.id(), seen.mediaType());
    return patient.equals(seen.patient()) && type.equals(seen.mediaType())
        ? seen
        : seen.heldAs(patient, type);
  }

  /**
   * In the order in which they are fetched: those that an earlier crawl left first.
   *
   * @param leftBefore by the earlier crawl
   * @param isWanted whether one that nothing points to any more is still to be fetched; asked once
   */
  List<ReadById> inOrder(List<HeldDocument> leftBefore, Predicate<HeldDocument> isWanted) {
    Set<HeldDocument> ordered = new LinkedHashSet<>();
    for (HeldDocument left : leftBefore) {
      HeldDocument now = named.get(left.id());
      if (now != null) {
        ordered.add(now);
      } else if (isWanted.test(left)) {
        ordered.add(left);
      }
    }
    ordered.addAll(named.values());
    return ordered.stream().map(ReadById::of).toList();
  }

  /** One thing that resources tell of documents, and that they may tell otherwise than before. */
  private static final class Told {
    private final DigestTable before = new DigestTable(0);
    private final DigestTable same = new DigestTable(0);
    private final Map<String, String> changed = new HashMap<>();
    private final Digest digest = new Digest();

    void before(String id, String value) {
      if (!value.isEmpty()) {
        before.add(digest.of(id + "\n" + value));
      }
    }

    /** What any resource tells as before holds, whatever others tell. */
    void now(String id, String value) {
      if (before.find(digest.of(id + "\n" + value)) >= 0) {
        same.add(digest.of(id));
        changed.remove(id);
      } else if (!value.isEmpty() && same.find(digest.of(id)) < 0) {
        changed.put(id, value);
      }
    }

    String of(String id, String value) {
      return changed.getOrDefault(id, value);
    }
  }
}
