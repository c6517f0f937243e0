package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableScan;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.delta.TableWriter;
import io.epicfhir.transform.sqlviews.AnalysedView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;

/** The rows of some keys of a joined table, replaced where they are others now, in one commit. */
record ReplacedKeys(
    SparkSession session,
    KeyQuery query,
    TableScan scan,
    Lake lake,
    DeletionVectors vectors,
    KeptTable table,
    AnalysedView analysed,
    TableWriter writer) {
  /** Replaces them; empty, without a commit, where they are what they were. */
  Optional<JoinedBuild.Outcome> of(TableSnapshot old, Set<Object> keys, boolean few) {
    if (query.isSmall(keys.size(), old.bytes()) && FewRows.takes(key().dataType())) {
      FewRows rows = new FewRows(analysed.schema(), key().name(), keys);
      Optional<List<FewRows.Old>> stale = rows.in(old.files(), lake, table.path());
      Optional<List<InternalRow>> fresh = stale.flatMap(any -> query.few(keys, few));
      if (fresh.isPresent()) {
        FewRows.Change change = rows.difference(rows.of(fresh.get()), stale.get());
        return change.keys() == 0
            ? Optional.empty()
            : Optional.of(
                commit(
                    old,
                    change.go(),
                    keys.size(),
                    change.keys(),
                    () -> writer.write(change.come().iterator())));
      }
    }
    return bySpark(old, keys);
  }

  private Optional<JoinedBuild.Outcome> bySpark(TableSnapshot old, Set<Object> keys) {
    List<String> positioned = new ArrayList<>(analysed.columns());
    positioned.addAll(TableScan.POSITION);
    Dataset<Row> touched = query.table(keys);
    Dataset<Row> fresh = ofKeys(query.rows(touched), touched);
    Dataset<Row> stale = ofKeys(scan.dataset(old.files(), positioned), touched);
    return bySpark(old, fresh.persist(), stale.persist(), touched, keys.size());
  }

  private Optional<JoinedBuild.Outcome> bySpark(
      TableSnapshot old,
      Dataset<Row> fresh,
      Dataset<Row> stale,
      Dataset<Row> touched,
      long number) {
    try {
      List<Row> changed = differing(fresh, stale).collectAsList();
      if (changed.isEmpty()) {
        return Optional.empty();
      }
      Dataset<Row> differing = session.createDataFrame(changed, touched.schema());
      return Optional.of(
          commit(
              old,
              RowPositions.of(ofKeys(stale, differing)),
              number,
              changed.size(),
              () -> writer.write(ofKeys(fresh, differing).coalesce(1))));
    } finally {
      List.of(fresh, stale).forEach(Dataset::unpersist);
    }
  }

  private JoinedBuild.Outcome commit(
      TableSnapshot old,
      RowPositions go,
      long touched,
      long changed,
      Supplier<List<NewFile>> come) {
    boolean marks = vectors.wanted(old.bytes());
    TableWriter.Plan plan = writer.take(Optional.of(session), old, go, marks);
    List<NewFile> add = come.get();
    long read = old.version();
    if (!plan.mark().isEmpty() && !old.deletionVectorsEnabled()) {
      read =
          table
              .log()
              .setProperties(
                  Map.of("delta.enableDeletionVectors", "true"), TableSignature.of(session));
    }
    Failpoint.at("joined.commit");
    long version =
        table
            .log()
            .change(
                read, add, plan.copies(), plan.remove(), plan.mark(), TableSignature.of(session));
    Failpoint.at("joined.committed");
    return new JoinedBuild.Outcome(JoinedResults.Built.KEYS, version, touched, changed);
  }

  /** The keys whose rows are not the same. */
  private Dataset<Row> differing(Dataset<Row> fresh, Dataset<Row> stale) {
    RowDigest digest = new RowDigest(analysed.schema());
    return signed(fresh, digest.of(1))
        .unionAll(signed(stale, digest.of(-1)))
        .groupBy(TouchedKeys.KEY)
        .agg(RowDigest.differs().as("_differs"))
        .where(col("_differs"))
        .select(TouchedKeys.KEY);
  }

  private Dataset<Row> signed(Dataset<Row> all, Column[] parts) {
    List<Column> columns = new ArrayList<>(List.of(parts));
    columns.add(0, key(all).as(TouchedKeys.KEY));
    return all.select(columns.toArray(Column[]::new));
  }

  /** The rows of these keys; null is a key like any other. */
  private Dataset<Row> ofKeys(Dataset<Row> all, Dataset<Row> keys) {
    return all.join(broadcast(keys), key(all).eqNullSafe(keys.col(TouchedKeys.KEY)), "left_semi");
  }

  private Attribute key() {
    return analysed.key().orElseThrow();
  }

  private Column key(Dataset<Row> all) {
    return all.col("`" + key().name() + "`");
  }
}
