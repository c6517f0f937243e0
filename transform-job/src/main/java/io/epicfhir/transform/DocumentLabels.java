package io.epicfhir.transform;

import io.epicfhir.common.SideBySide;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.silver.ChangedTexts;
import io.epicfhir.transform.silver.SilverRowsOfTypes;
import io.epicfhir.transform.silver.SilverState;
import io.epicfhir.transform.views.CompiledViews;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The labels that Binaries have by the documents that name them, where the site asks for that
 * ({@code security-labels.binaries = of-documents}). A document's label comes and goes without a
 * change of the Binary: so the Binaries that a changed document names, or named before, count as
 * changed ones.
 */
final class DocumentLabels {
  static final String BINARY = "Binary";

  /** More than these are not sent to every task. */
  private static final int FEW = 200_000;

  /** The types of patients' resources that have attachments. */
  private static final Set<String> TYPES =
      Set.of(
          "BodyStructure",
          "Claim",
          "Communication",
          "CommunicationRequest",
          "Consent",
          "Contract",
          "DiagnosticReport",
          "DocumentManifest",
          "DocumentReference",
          "ExplanationOfBenefit",
          "Media",
          "Patient",
          "Practitioner",
          "QuestionnaireResponse",
          "RelatedPerson");

  private final Lake lake;
  private final SecurityLabels policy;
  private final SilverState silver;
  private final Set<String> types = new TreeSet<>();
  private final Map<Long, Optional<Set<UTF8String>>> touched = new ConcurrentHashMap<>();

  /**
   * @param silver what the views are brought to
   */
  DocumentLabels(Lake lake, SecurityLabels policy, SilverState silver) {
    this.lake = lake;
    this.policy = policy;
    this.silver = silver;
    if (policy.followsDocuments()) {
      TYPES.stream().filter(silver.types()::containsKey).forEach(types::add);
    }
  }

  /** The types that a type's rows are made of besides its own resources. */
  Set<String> sources(String type) {
    return type.equals(BINARY) ? types : Set.of();
  }

  /** The newest commit of silver that may change rows of a type's views. */
  long contentVersion(String type) {
    return Stream.concat(Stream.of(type), sources(type).stream())
        .mapToLong(one -> silver.of(one).contentVersion())
        .max()
        .orElseThrow();
  }

  /** Bytes of silver that are read besides those of the views' own types. */
  long bytes(Collection<ViewUpdate> updates, SilverRowsOfTypes rows) {
    return updates.stream().anyMatch(view -> view.type().equals(BINARY)) ? rows.bytes(whole()) : 0;
  }

  private Map<String, Long> whole() {
    Map<String, Long> since = new TreeMap<>();
    types.forEach(type -> since.put(type, ViewTable.NOTHING));
    return since;
  }

  /** The same updates; Binary's views anew where nobody knows which documents have changed. */
  List<ViewUpdate> known(List<ViewUpdate> updates) {
    return touched(updates).filter(ids -> ids.size() <= FEW).isPresent()
        ? updates
        : updates.stream().map(view -> view.type().equals(BINARY) ? view.anew() : view).toList();
  }

  /** By documents that changed since the oldest state of a view that is brought up to date. */
  private Optional<Set<UTF8String>> touched(List<ViewUpdate> updates) {
    Optional<ViewState> oldest =
        updates.stream()
            .filter(view -> view.type().equals(BINARY))
            .flatMap(view -> view.from().stream())
            .min((a, b) -> Long.compare(a.silverVersion(), b.silverVersion()));
    return !policy.followsDocuments() || oldest.isEmpty()
        ? Optional.of(Set.of())
        : touched.computeIfAbsent(oldest.get().silverVersion(), v -> changedSince(oldest.get()));
  }

  private Optional<Set<UTF8String>> changedSince(ViewState state) {
    Set<UTF8String> ids = new HashSet<>();
    boolean known =
        ChangedTexts.since(
            lake,
            TYPES,
            state.silverVersion(),
            Optional.ofNullable(state.silverIdentity()),
            text -> ids.addAll(DocumentScan.binaries(text)));
    return known ? Optional.of(ids) : Optional.empty();
  }

  /**
   * What there is to know for updates of views, in this process, or by Spark.
   *
   * @param updates of any types
   */
  BinaryLabels of(List<ViewUpdate> updates, SilverRowsOfTypes rows, Optional<SparkSession> spark) {
    List<ViewUpdate> ofBinaries =
        updates.stream().filter(view -> view.type().equals(BINARY)).toList();
    if (!policy.followsDocuments() || ofBinaries.isEmpty()) {
      return BinaryLabels.NONE;
    }
    Set<UTF8String> also = touched(ofBinaries).orElseThrow();
    Optional<Set<UTF8String>> wanted = Optional.empty();
    if (ofBinaries.stream().allMatch(view -> view.from().isPresent())) {
      long since = ofBinaries.stream().mapToLong(ViewUpdate::since).min().orElseThrow();
      Set<UTF8String> some = new HashSet<>(also);
      some.addAll(rows.changedIds(BINARY, since, spark));
      wanted = Optional.of(some);
    }
    if (wanted.filter(Set::isEmpty).isPresent()) {
      return BinaryLabels.NONE;
    }
    DocumentScan scan = new DocumentScan(compiled(), wanted);
    Map<UTF8String, Integer> known =
        spark.isPresent() && !types.isEmpty() ? bySpark(scan, rows, spark.get()) : here(scan, rows);
    return BinaryLabels.of(known, also);
  }

  private Map<UTF8String, Integer> bySpark(
      DocumentScan scan, SilverRowsOfTypes rows, SparkSession spark) {
    Map<UTF8String, Integer> known = new HashMap<>();
    rows.changed(spark, whole(), DocumentScan.COLUMNS)
        .mapPartitionsToPair(scan)
        .reduceByKey((a, b) -> a | b)
        .collect()
        .forEach(one -> known.put(one._1(), one._2()));
    return known;
  }

  private Map<UTF8String, Integer> here(DocumentScan scan, SilverRowsOfTypes rows) {
    Map<UTF8String, Integer> known = new ConcurrentHashMap<>();
    SideBySide.forEach(
        types,
        type -> {
          DocumentScan.Taker taker = scan.taker(type, known);
          rows.read(
              type,
              ViewTable.NOTHING,
              DocumentScan.COLUMNS.subList(0, 3),
              (row, position) -> {
                if (!row.getBoolean(1)) {
                  taker.take(row.getUTF8String(0), row.getUTF8String(2));
                }
              });
        });
    return known;
  }

  private Map<String, CompiledViews> compiled() {
    Map<String, CompiledViews> views = new TreeMap<>();
    types.forEach(type -> views.put(type, policy.ofDocument(type)));
    return views;
  }
}
