package io.epicfhir.extract.crawl.landing;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.bronze.BronzeLine;
import io.epicfhir.extract.bronze.BronzeRows;
import io.epicfhir.extract.bronze.LateOptOuts;
import io.epicfhir.extract.bronze.LineHead;
import io.epicfhir.extract.bronze.OthersNow;
import io.epicfhir.extract.bronze.QuarantineCut;
import io.epicfhir.extract.bronze.QuarantineRows;
import io.epicfhir.extract.bronze.QuarantinedLine;
import io.epicfhir.extract.bronze.RollingParquet;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.pages.Entry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.io.api.Binary;

/** The rows that a crawl brings to bronze and quarantine, on their way there. */
public final class StagedRows implements AutoCloseable {
  private static final int DELETES_A_BUNDLE = 1000;
  private static final String BUNDLE = "Bundle";
  private static final String PATIENT = "Patient";

  private final Lake lake;
  private final Path folder;
  private final String exportId;
  private final long targetSize;
  private final Map<String, RollingParquet<BronzeLine>> bronze = new TreeMap<>();
  private final RollingParquet<BronzeLine> deletions;
  private final RollingParquet<QuarantinedLine> quarantine;
  private final List<String> deletes = new ArrayList<>();
  private final OthersNow others;
  private final OptOuts optOuts;
  private final Set<String> keptOut = new TreeSet<>();
  private long bundles;

  /**
   * @param others what the same reads showed before to be no listed patient's
   */
  public StagedRows(Lake lake, Path folder, String exportId, long targetSize, OthersNow others) {
    this.lake = lake;
    this.folder = folder;
    this.exportId = exportId;
    this.targetSize = targetSize;
    this.others = others;
    this.optOuts = others.list();
    // Its own names: what an earlier try put into quarantine is not written over, but replaced.
    String attempt = UUID.randomUUID().toString().substring(0, 8);
    this.deletions = rows("deletions");
    this.quarantine =
        new RollingParquet<>(
            lake.hadoop(),
            n -> new Path(folder, "quarantine-" + attempt + "-" + n + ".parquet"),
            QuarantineRows::new,
            "line",
            targetSize);
  }

  private RollingParquet<BronzeLine> rows(String name) {
    return new RollingParquet<>(
        lake.hadoop(),
        n -> new Path(folder, name + "-" + n + ".parquet"),
        () -> new BronzeRows(exportId),
        "resource",
        targetSize);
  }

  void resource(String type, LineHead head, byte[] body, Entry entry, String source, long number) {
    Binary line = Binary.fromReusedByteArray(body, entry.offset(), entry.length());
    bronze.computeIfAbsent(type, this::rows).write(new BronzeLine(head, line, source, number));
  }

  /** Whether a resource is one of a patient whose records stay out. */
  boolean keepsOut(String type, Entry entry, byte[] body) {
    return optOuts.keepsOut(type, entry.id(), body, entry.offset(), entry.length());
  }

  /**
   * Whether what an earlier crawl saw, and this one did not, is of somebody whose records stay out
   * by now: the crawl that first kept it out may not have landed, so the tables may have it.
   */
  boolean keepsOut(String type, CrawlIndex.Seen seen) {
    boolean listed = optOuts.has(type, seen.id());
    boolean ofPatient = !seen.patient().isEmpty() && staysOut(seen.patient());
    if (listed) {
      keptOut.add(optOuts.entry(type + "/" + seen.id()));
    }
    if (ofPatient) {
      keptOut.add(optOuts.entry(PATIENT + "/" + seen.patient()));
    }
    return listed || ofPatient;
  }

  /** Whether a patient's records stay out. */
  public boolean staysOut(String patient) {
    return optOuts.has(PATIENT, patient);
  }

  /** The patient is the same person as one whose records stay out. */
  public void keepOut(String patient) {
    optOuts.keepOut(PATIENT + "/" + patient);
  }

  /** What is not asked for and stays out, as {@link io.epicfhir.common.optout.KeptOut} has it. */
  public void keptOut(Set<String> entries) {
    keptOut.addAll(entries);
  }

  /** Whether more stays out than was known while the rows, and the indexes, were written. */
  public boolean hasLearned() {
    return !optOuts.learned().isEmpty();
  }

  void quarantine(String reason, String source, long number, byte[] bytes, Entry entry) {
    if (optOuts.in(bytes, entry.offset(), entry.length())) {
      return;
    }
    Binary line = Binary.fromReusedByteArray(bytes, entry.offset(), entry.length());
    quarantine.write(new QuarantinedLine(reason, source, number, 0, line));
  }

  public void quarantine(String reason, String source, long number, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (optOuts.in(bytes, 0, bytes.length)) {
      return;
    }
    quarantine.write(new QuarantinedLine(reason, source, number, 0, Binary.fromString(text)));
  }

  /** The resource is gone. */
  void deleted(String type, String id) {
    deletes.add(type + "/" + id);
    if (deletes.size() == DELETES_A_BUNDLE) {
      bundle();
    }
  }

  private void bundle() {
    if (deletes.isEmpty()) {
      return;
    }
    StringBuilder text =
        new StringBuilder("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (String url : deletes) {
      text.append(text.charAt(text.length() - 1) == '[' ? "" : ",")
          .append("{\"request\":{\"method\":\"DELETE\",\"url\":\"")
          .append(JsonStringEncoder.getInstance().quoteAsString(url))
          .append("\"}}");
    }
    byte[] line = text.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    deletes.clear();
    bundles++;
    LineHead head = LineHead.of(line, 0, line.length, BUNDLE, false);
    deletions.write(
        new BronzeLine(head, Binary.fromConstantByteArray(line), "gone since", bundles));
  }

  /** Bundles of deletions. */
  public long bundles() {
    return bundles;
  }

  /** Ends a type: its files are whole. */
  public List<StagedFile> finish(String type) {
    RollingParquet<BronzeLine> rows = bronze.remove(type);
    return rows == null ? List.of() : staged(type, Landing.Kind.RESOURCES, rows);
  }

  public List<StagedFile> finishDeletions() {
    bundle();
    return staged(BUNDLE, Landing.Kind.DELETIONS, deletions);
  }

  public List<StagedFile> finishQuarantine() {
    return staged("", Landing.Kind.RESOURCES, quarantine);
  }

  /**
   * The staged files without what refers to nothing but resources that stayed out.
   *
   * @param counts of the types, which are put right
   */
  public List<StagedFile> settled(List<StagedFile> staged, List<TypeCounts> counts) {
    if (optOuts.learned().isEmpty()) {
      return staged;
    }
    Map<String, LateOptOuts.Left> settled =
        new LateOptOuts(lake, others).settle(staged, optOuts.learned());
    for (StagedFile file : staged) {
      LateOptOuts.Left left = settled.get(file.path());
      keptOut.addAll(left.keptOut());
      long gone = file.rows() - left.file().map(StagedFile::rows).orElse(0L);
      counts.stream()
          .filter(one -> one.type.equals(file.type()))
          .forEach(
              one -> {
                one.written -= gone;
                one.optedOut += gone;
              });
    }
    return staged.stream().flatMap(file -> settled.get(file.path()).file().stream()).toList();
  }

  /** The list, and what the rows show of it. */
  public OptOuts optOuts() {
    return optOuts;
  }

  /** What stayed out, as {@link io.epicfhir.common.optout.KeptOut} has it; the rows are settled. */
  public Set<String> keptOut() {
    keptOut.addAll(optOuts.keptOut());
    return Set.copyOf(keptOut);
  }

  /** The same of quarantine; the rows are settled before. */
  public List<StagedFile> settledQuarantine(List<StagedFile> staged) {
    return optOuts.learned().isEmpty()
        ? staged
        : new QuarantineCut(lake).withoutRows(staged, new OptOutList(lake).load());
  }

  private static List<StagedFile> staged(String type, Landing.Kind kind, RollingParquet<?> rows) {
    return rows.written().stream()
        .map(w -> new StagedFile(type, kind, w.path().toString(), w.rows(), w.bytes()))
        .toList();
  }

  @Override
  public void close() {
    bronze.values().forEach(RollingParquet::close);
    deletions.close();
    quarantine.close();
  }
}
