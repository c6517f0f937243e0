package io.epicfhir.transform;

import io.epicfhir.common.SideBySide;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.LiveRows;
import io.epicfhir.transform.delta.TaskProgress;
import io.epicfhir.transform.silver.SilverRowsOfTypes;
import io.epicfhir.transform.views.Drift;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The rows of views after a small change, in this process; {@link ViewJob} is the same in Spark.
 */
final class SmallViewJob implements ViewWork {
  /** All of {@link ViewEvaluation#COLUMNS} but the type. */
  private static final List<String> COLUMNS =
      List.of("id", "deleted", "resource", "silver_version");

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
  SmallViewJob(
      Lake lake,
      SilverRowsOfTypes silver,
      Map<String, TypeViews> views,
      DocumentLabels documents,
      DeletionVectors vectors,
      TaskProgress progress) {
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
    drift.clear();
    Map<String, List<ViewPart>> parts = new TreeMap<>();
    updates.forEach(
        u -> parts.put(u.plan().name(), Collections.synchronizedList(new ArrayList<>())));
    Map<String, List<ViewUpdate>> byType =
        updates.stream()
            .collect(Collectors.groupingBy(ViewUpdate::type, TreeMap::new, Collectors.toList()));
    BinaryLabels labels = documents.of(updates, silver, Optional.empty());
    Map<String, ViewEvaluation.OfType> types = new TreeMap<>();
    byType.forEach(
        (type, ofType) -> {
          drift.put(type, new Drift());
          types.put(
              type,
              ViewEvaluation.OfType.of(
                  views.get(type), ofType, drift.get(type), labels.ofType(type)));
        });
    Map<String, Map<UTF8String, Integer>> changed = new ConcurrentHashMap<>();
    SideBySide.forEach(
        byType.keySet(), type -> changed.put(type, evaluate(type, types.get(type), parts)));
    progress.now("old rows of views of " + String.join(", ", byType.keySet()));
    SideBySide.forEach(
        updates.stream().filter(view -> !view.files().isEmpty()).toList(),
        view -> parts.get(view.plan().name()).add(old(view, changed.get(view.type()))));
    return parts;
  }

  /** Evaluates the views of a type, and gives the ids that changed, each with a number. */
  private Map<UTF8String, Integer> evaluate(
      String type, ViewEvaluation.OfType ofType, Map<String, List<ViewPart>> parts) {
    long since = ofType.changedSince();
    Map<UTF8String, Integer> changed = new HashMap<>();
    try (TypeEvaluation evaluation = new TypeEvaluation(ofType, lake.hadoop())) {
      silver.read(
          type,
          ofType.since(),
          COLUMNS,
          ofType.labels().touched(),
          (row, position) -> {
            if (row.getLong(3) > since || ofType.labels().touches(row.getUTF8String(0))) {
              changed.putIfAbsent(row.getUTF8String(0).copy(), changed.size());
            }
            if (!row.getBoolean(1)) {
              UTF8String text = row.getUTF8String(2);
              evaluation.evaluate(row.getUTF8String(0), text, row.getLong(3));
              progress.read(text.numBytes());
            }
          });
      evaluation.finish().forEach(part -> parts.get(part.view()).add(part));
    } catch (IOException e) {
      throw StorageFailure.of("write the views of " + type, e);
    }
    return changed;
  }

  /** Takes the rows of changed resources out of a view's table. */
  private ViewPart old(ViewUpdate view, Map<UTF8String, Integer> changed) {
    boolean mark = view.marks(vectors);
    Path table = view.table().path();
    StructType columns = new StructType();
    for (String name : OldRows.columns(view.plan().file(), mark)) {
      columns = columns.add(view.plan().schema().apply(name));
    }
    LiveRows rows = new LiveRows(lake, table, columns);
    try (OldRows old =
        new OldRows(view.plan().file(), table.toString(), mark, changed, lake.hadoop())) {
      for (DataFile file : view.files()) {
        rows.read(
            file,
            (row, uri, position) -> {
              if (old.goes(row)) {
                old.gone(uri, position);
              }
            });
      }
      return old.finish();
    } catch (IOException e) {
      throw StorageFailure.of("write " + table, e);
    }
  }
}
