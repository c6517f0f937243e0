package io.epicfhir.transform;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.TableScan;
import io.epicfhir.transform.delta.TaskProgress;
import io.epicfhir.transform.delta.TaskResults;
import io.epicfhir.transform.silver.SilverRowsOfTypes;
import io.epicfhir.transform.views.Drift;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The rows of any number of views in one Spark job: tasks over silver parse each changed resource
 * once and write the rows of all its views, and tasks over the views' old files take the rows of
 * those resources out.
 */
final class ViewJob implements ViewWork {
  private final SparkSession spark;
  private final Lake lake;
  private final SilverRowsOfTypes silver;
  private final Map<String, TypeViews> views;
  private final DocumentLabels documents;
  private final DeletionVectors vectors;
  private final TaskProgress progress;
  private final Map<String, Drift> drift = new TreeMap<>();

  /**
   * @param silver the rows of silver at the version that the views are brought to
   * @param views by resource type
   * @param documents what labels Binaries have by them
   */
  ViewJob(
      SparkSession spark,
      Lake lake,
      SilverRowsOfTypes silver,
      Map<String, TypeViews> views,
      DocumentLabels documents,
      DeletionVectors vectors,
      TaskProgress progress) {
    this.spark = spark;
    this.lake = lake;
    this.silver = silver;
    this.views = views;
    this.documents = documents;
    this.vectors = vectors;
    this.progress = progress;
  }

  @Override
  public Map<String, Map<String, Long>> drift() {
    return Drift.values(drift);
  }

  @Override
  public Map<String, List<ViewPart>> run(List<ViewUpdate> updates) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    SerializableConfiguration hadoop = new SerializableConfiguration(lake.hadoop());
    drift.clear();
    Map<String, List<ViewUpdate>> byType =
        updates.stream()
            .collect(Collectors.groupingBy(ViewUpdate::type, TreeMap::new, Collectors.toList()));
    BinaryLabels labels = documents.of(updates, silver, Optional.of(spark));
    Map<String, Long> since = new TreeMap<>();
    Map<String, ViewEvaluation.OfType> types = new TreeMap<>();
    byType.forEach(
        (type, ofType) -> {
          Drift counts = Drift.registered(spark.sparkContext());
          drift.put(type, counts);
          types.put(
              type, ViewEvaluation.OfType.of(views.get(type), ofType, counts, labels.ofType(type)));
          since.put(type, types.get(type).since());
        });
    ViewEvaluation evaluation =
        new ViewEvaluation(types, hadoop, progress.resources(), progress.bytes());
    List<JavaRDD<ViewPart>> all = new ArrayList<>();
    all.add(silver.changed(spark, since, ViewEvaluation.COLUMNS).mapPartitions(evaluation));
    if (!labels.touched().isEmpty()) {
      all.add(
          silver
              .others(
                  spark,
                  DocumentLabels.BINARY,
                  since.get(DocumentLabels.BINARY),
                  ViewEvaluation.COLUMNS,
                  labels.touched())
              .mapPartitions(evaluation));
    }
    all.addAll(old(context, byType, types, hadoop));
    @SuppressWarnings({"unchecked", "rawtypes"})
    JavaRDD<ViewPart> job = context.union(all.toArray(new JavaRDD[0]));
    Map<String, List<ViewPart>> parts = new TreeMap<>();
    updates.forEach(update -> parts.put(update.plan().name(), new ArrayList<>()));
    TaskResults.collect(job).forEach(part -> parts.get(part.view()).add(part));
    return parts;
  }

  /** The old rows of the views that are brought up to date. */
  private List<JavaRDD<ViewPart>> old(
      JavaSparkContext context,
      Map<String, List<ViewUpdate>> byType,
      Map<String, ViewEvaluation.OfType> types,
      SerializableConfiguration hadoop) {
    Map<String, Long> since = new TreeMap<>();
    byType.values().stream()
        .flatMap(List::stream)
        .filter(view -> !view.files().isEmpty())
        .forEach(view -> since.put(view.type(), types.get(view.type()).changedSince()));
    if (since.isEmpty()) {
      return List.of();
    }
    progress.now("ids of changed resources");
    Map<String, List<String>> ids = silver.changedIds(spark, since);
    ids.forEach(
        (type, ofType) ->
            types.get(type).labels().touched().forEach(id -> ofType.add(id.toString())));
    progress.now("views of " + String.join(", ", byType.keySet()));
    List<JavaRDD<ViewPart>> all = new ArrayList<>();
    ids.forEach(
        (type, ofType) -> {
          Broadcast<Map<UTF8String, Integer>> changed = context.broadcast(numbered(ofType));
          byType.get(type).stream()
              .filter(view -> !view.files().isEmpty())
              .forEach(view -> all.add(old(view, changed, hadoop)));
        });
    return all;
  }

  private JavaRDD<ViewPart> old(
      ViewUpdate view,
      Broadcast<Map<UTF8String, Integer>> changed,
      SerializableConfiguration hadoop) {
    boolean mark = view.marks(vectors);
    String table = view.table().path().toString();
    JavaRDD<InternalRow> rows =
        new TableScan(spark, lake, view.table().path(), view.plan().schema(), Optional.empty())
            .rows(view.files(), OldRowsTask.columns(view.plan().file(), mark));
    // Copied rows become one file.
    return (mark ? rows : rows.coalesce(1))
        .mapPartitions(new OldRowsTask(view.plan().file(), table, mark, changed, hadoop));
  }

  private static Map<UTF8String, Integer> numbered(List<String> ids) {
    Map<UTF8String, Integer> numbers = new HashMap<>();
    ids.forEach(id -> numbers.putIfAbsent(UTF8String.fromString(id), numbers.size()));
    return numbers;
  }
}
