package io.epicfhir.extract.crawl.index;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.bronze.WithdrawnExports;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * What the crawls of a cohort saw: {@code state/crawl/<cohort>/<type>/<export id>.idx}. The landing
 * of an export makes its files count.
 */
public final class IndexFolder {
  private static final String SUFFIX = ".idx";
  private static final String PATIENTS = "_patients";
  private static final String MERGES = "_merges";
  private static final String LINKS = "_links";
  private static final String DOCUMENTS = "_documents";
  private static final String PATIENT = "Patient";
  private static final String BINARY = "Binary";
  private static final int KEPT = 2;

  private final Lake lake;
  private final Path root;
  private final Map<String, List<Landing>> lost = new HashMap<>();

  public IndexFolder(Lake lake, String cohort) {
    this.lake = lake;
    this.root = lake.paths().state("crawl/" + Digest.name(cohort));
  }

  /** The cohort's landings, newest first. */
  public static Stream<Landing> landings(Lake lake, String group) {
    return new Landings(lake)
        .all().stream()
            .filter(landing -> landing.group().equals(group))
            .sorted(Comparator.comparing(Landing::transactionTime).reversed());
  }

  /** The index that an export writes. */
  public CrawlIndex of(String type, String exportId) {
    return new CrawlIndex(lake, file(type, exportId));
  }

  /**
   * What the newest landed crawl before a time saw; empty where its file is missing: an older one
   * would call a change since then unchanged. Empty, too, while something that it or an earlier one
   * had brought is withdrawn: "as it was" would never bring that again.
   */
  public Optional<CrawlIndex> newest(String type, String group, Instant before) {
    return landedBefore(group, before)
        .findFirst()
        .filter(newest -> lost(group).stream().allMatch(lost -> isLater(lost, newest)))
        .map(newest -> of(type, newest.exportId()))
        .filter(CrawlIndex::exists);
  }

  private static boolean isLater(Landing landing, Landing than) {
    return landing.transactionTime().isAfter(than.transactionTime());
  }

  /** Withdrawn landings that nothing has replaced; looked for once. */
  private List<Landing> lost(String group) {
    return lost.computeIfAbsent(group, g -> new WithdrawnExports(lake).withoutSuccessor(g));
  }

  /** What the newest landing before a time saw that has an index. */
  public Optional<CrawlIndex> last(String type, String group, Instant before) {
    return landedBefore(group, before)
        .map(landing -> of(type, landing.exportId()))
        .filter(CrawlIndex::exists)
        .findFirst();
  }

  /**
   * What may have been shown, also where the newest crawl's index is missing. What a landing lacks
   * that is complete for the type is known to be gone, so nothing older is looked at.
   */
  public KnownResources known(String type, String group, Instant before) {
    List<Landing> withoutIndex = new ArrayList<>();
    for (Landing landing : landedBefore(group, before).toList()) {
      if (lake.length(file(type, landing.exportId())).isPresent()) {
        CrawlIndex newest = of(type, landing.exportId());
        return new KnownResources(lake, type, Optional.of(newest), withoutIndex);
      }
      withoutIndex.add(landing);
      if (landing.isCompleteFor(type)) {
        break;
      }
    }
    return new KnownResources(lake, type, Optional.empty(), withoutIndex);
  }

  private Optional<String> landed(String name, String group, Instant before) {
    return landedBefore(group, before)
        .findFirst()
        .map(Landing::exportId)
        .filter(id -> lake.length(file(name, id)).isPresent());
  }

  private Stream<Landing> landedBefore(String group, Instant before) {
    return landings(lake, group).filter(landing -> landing.transactionTime().isBefore(before));
  }

  /** The types that a landed crawl has seen. */
  public List<String> types() {
    return lake.list(root).stream()
        .map(folder -> folder.getPath().getName())
        .filter(name -> !name.startsWith("_"))
        .toList();
  }

  /**
   * Takes from an export's indexes what it turned out to keep out when they had been written: it is
   * not in bronze.
   */
  public void keepOut(String exportId, Set<String> keptOut) {
    new IndexErasure(lake, new OptOutList(lake).load(), keptOut).run(root, exportId + SUFFIX);
  }

  /** Of these patients everything was answered; none of those who stay out. */
  public void completePatients(String exportId, List<String> patients) {
    OptOuts optOuts = new OptOutList(lake).load();
    lines(PATIENTS, exportId, patients.stream().filter(id -> !optOuts.has(PATIENT, id)));
  }

  /** The patients of whom the last landed crawl got everything. */
  public Set<String> completePatients(String group, Instant before) {
    return new HashSet<>(lines(PATIENTS, group, before));
  }

  /**
   * Which patients were merged into which, as a crawl or an export knew it; none of those who stay
   * out.
   *
   * @param links those among them that {@code Patient.link} gives
   */
  public void merges(String exportId, Map<String, String> merges, Map<String, String> links) {
    OptOuts optOuts = new OptOutList(lake).load();
    lines(LINKS, exportId, merges(links, optOuts));
    lines(MERGES, exportId, merges(merges, optOuts));
  }

  private static Stream<String> merges(Map<String, String> merges, OptOuts optOuts) {
    return merges.entrySet().stream()
        .filter(e -> !optOuts.has(PATIENT, e.getKey()) && !optOuts.has(PATIENT, e.getValue()))
        .map(e -> e.getKey() + " " + e.getValue());
  }

  /** The merges that were known last, each as "retired survivor". */
  public Set<String> merges(String group, Instant before) {
    return Set.copyOf(lastLines(MERGES, group, before));
  }

  /** Those among them that {@code Patient.link} gave. */
  public Set<String> links(String group, Instant before) {
    return Set.copyOf(lastLines(LINKS, group, before));
  }

  private List<String> lastLines(String name, String group, Instant before) {
    return landedBefore(group, before)
        .map(landing -> lake.read(file(name, landing.exportId())))
        .flatMap(Optional::stream)
        .findFirst()
        .map(text -> text.lines().toList())
        .orElse(List.of());
  }

  /** The documents that a crawl left to the next one; none of those who stay out. */
  public void documentsLeft(String exportId, List<HeldDocument> documents) {
    OptOuts optOuts = new OptOutList(lake).load();
    lines(
        DOCUMENTS,
        exportId,
        documents.stream()
            .filter(one -> !optOuts.has(PATIENT, one.patient()) && !optOuts.has(BINARY, one.id()))
            .map(HeldDocument::line));
  }

  /** The documents that the last landed crawl left. */
  public List<HeldDocument> documentsLeft(String group, Instant before) {
    return lines(DOCUMENTS, group, before).stream().map(HeldDocument::of).toList();
  }

  private void lines(String name, String exportId, Stream<String> lines) {
    lake.write(file(name, exportId), lines.collect(Collectors.joining("\n")));
  }

  private List<String> lines(String name, String group, Instant before) {
    return landed(name, group, before)
        .flatMap(id -> lake.read(file(name, id)))
        .map(text -> text.lines().toList())
        .orElse(List.of());
  }

  /** How many documents were read on a day. */
  public int documentsOn(LocalDate day) {
    return lake.read(documentsFile())
        .map(text -> text.strip().split(" ", -1))
        .filter(words -> words[0].equals(day.toString()))
        .map(words -> Integer.parseInt(words[1]))
        .orElse(0);
  }

  public void documentsOn(LocalDate day, int number) {
    lake.write(documentsFile(), day + " " + number);
  }

  private Path documentsFile() {
    return lake.paths().state("crawl/documents-today.txt"); // the server's limit is one for all
  }

  /** Removes what no later crawl will look at. */
  public void removeOld(String group) {
    List<String> newest = landings(lake, group).map(Landing::exportId).toList();
    for (FileStatus type : lake.list(root)) {
      List<String> there =
          newest.stream()
              .filter(id -> lake.length(file(type.getPath().getName(), id)).isPresent())
              .toList();
      there.stream().skip(KEPT).forEach(id -> lake.delete(file(type.getPath().getName(), id)));
    }
  }

  private Path file(String type, String exportId) {
    return new Path(root, type + "/" + exportId + SUFFIX);
  }
}
