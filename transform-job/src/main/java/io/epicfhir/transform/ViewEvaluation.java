package io.epicfhir.transform;

import io.epicfhir.transform.views.CompiledViews;
import io.epicfhir.transform.views.Drift;
import io.epicfhir.transform.views.ViewFile;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Gives the rows of all views for a partition of silver: each resource is parsed once, whatever
 * number of views it has, and each view that has rows gets a file.
 */
final class ViewEvaluation implements FlatMapFunction<Iterator<InternalRow>, ViewPart> {
  private static final long serialVersionUID = 1L;

  /** The columns of silver that it reads, in this order. */
  static final List<String> COLUMNS =
      List.of("id", "deleted", "resource", "silver_version", "resource_type");

  private final HashMap<String, OfType> types;
  private final SerializableConfiguration hadoop;
  private final LongAccumulator resources;
  private final LongAccumulator bytes;

  /**
   * The views of a type.
   *
   * @param views all of them
   * @param wanted those that are to be evaluated
   * @param labels what documents say of the resources, where these are Binaries
   */
  record OfType(CompiledViews views, ArrayList<Wanted> wanted, Drift drift, BinaryLabels labels)
      implements Serializable {
    static OfType of(TypeViews ofType, List<ViewUpdate> updates, Drift drift, BinaryLabels labels) {
      long incremental =
          updates.stream().mapToLong(ViewUpdate::since).filter(s -> s >= 0).min().orElse(-1);
      ArrayList<Wanted> wanted = new ArrayList<>();
      for (ViewUpdate update : updates) {
        wanted.add(
            new Wanted(
                ofType.views().indexOf(update.plan()),
                // Those that are brought up to date share one set of changed resources.
                update.from().isPresent() ? incremental : ViewTable.NOTHING,
                update.plan().file(),
                update.table().path().toString(),
                update.refusedFolder().toString()));
      }
      BitSet numbers = new BitSet();
      wanted.forEach(view -> numbers.set(view.number()));
      return new OfType(ofType.compiled().orElseThrow().only(numbers), wanted, drift, labels);
    }

    /** The version of silver that none of the views is older than. */
    long since() {
      return wanted.stream().mapToLong(Wanted::since).min().orElse(ViewTable.NOTHING);
    }

    /**
     * The version of silver after which a resource counts as changed for every view that is brought
     * up to date: its new rows come, so its old ones must go. No later than any of them, and the
     * largest number where all views are built anew.
     */
    long changedSince() {
      return wanted.stream()
          .mapToLong(Wanted::since)
          .filter(since -> since != ViewTable.NOTHING)
          .min()
          .orElse(Long.MAX_VALUE);
    }
  }

  /**
   * A view that is to be evaluated.
   *
   * @param number among the views of its type
   * @param since the version of silver that it is at; -1 for none
   * @param file how its files look
   * @param table the folder of its table
   * @param refusedFolder where the list of resources that do not fit goes
   */
  record Wanted(int number, long since, ViewFile file, String table, String refusedFolder)
      implements Serializable {}

  ViewEvaluation(
      Map<String, OfType> types,
      SerializableConfiguration hadoop,
      LongAccumulator resources,
      LongAccumulator bytes) {
    this.types = new HashMap<>(types);
    this.hadoop = hadoop;
    this.resources = resources;
    this.bytes = bytes;
  }

  @Override
  public Iterator<ViewPart> call(Iterator<InternalRow> rows) throws IOException {
    Configuration configuration = hadoop.value();
    Map<UTF8String, TypeEvaluation> running = new HashMap<>();
    List<ViewPart> parts = new ArrayList<>();
    try {
      TypeEvaluation current = null;
      UTF8String currentType = null;
      while (rows.hasNext()) {
        InternalRow row = rows.next();
        UTF8String type = row.getUTF8String(4);
        if (!type.equals(currentType)) {
          currentType = type.copy();
          current =
              running.computeIfAbsent(
                  currentType, t -> new TypeEvaluation(types.get(t.toString()), configuration));
        }
        if (!row.getBoolean(1)) {
          UTF8String text = row.getUTF8String(2);
          current.evaluate(row.getUTF8String(0), text, row.getLong(3));
          resources.add(1L);
          bytes.add(text.numBytes());
        }
      }
      for (TypeEvaluation one : running.values()) {
        parts.addAll(one.finish());
      }
    } finally {
      for (TypeEvaluation one : running.values()) {
        one.close();
      }
    }
    return parts.iterator();
  }
}
