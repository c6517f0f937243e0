package io.epicfhir.load;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.epicfhir.common.Lake;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.actions.DeletionVectorDescriptor;
import org.apache.spark.sql.delta.actions.Metadata;
import org.apache.spark.sql.delta.actions.RemoveFile;
import org.apache.spark.sql.delta.commands.cdc.CDCReader;
import scala.Option;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The rows that came and went in a view table between two of its versions, by the files and
 * deletion vectors that its commits added and removed; what OPTIMIZE moved is not among them.
 *
 * @param view the later version
 * @param rows the view's columns, then {@link #COMMIT} and {@link #GONE}. A row that went has
 *     nothing but its resource; a resource whose rows went or came has, at the newest of its
 *     commits, all the rows that it has now
 */
record ViewChanges(ViewSnapshot view, Dataset<Row> rows) {
  /** The Delta version that brought or took a row. No view's column begins with an underscore. */
  static final String COMMIT = "_commit_version";

  /** Whether the row went. */
  static final String GONE = "_gone";

  /** More files than this are not looked for one by one. */
  private static final int MOST_FILES = 500;

  private static final String CHANGE_TYPE = "_change_type";

  /**
   * Empty where the way from there is not known any more (log or files are cleaned up), where the
   * columns changed on it, where it is longer than a load of the whole table would be, or where the
   * table has moved on meanwhile.
   *
   * @param since an earlier version of the same table
   * @param most how many rows are worth the way
   */
  static Optional<ViewChanges> since(
      SparkSession spark, Lake lake, ViewSnapshot view, long since, long most) {
    Tuple2<DeltaLog, Snapshot> now = DeltaLog.forTableWithSnapshot(spark, view.path());
    DeltaLog log = now._1();
    Snapshot snapshot = now._2();
    if (snapshot.version() != view.version()) {
      return Optional.empty();
    }
    Way way = new Way(lake, view);
    long next = since + 1;
    var commits = log.getChanges(next, view.version(), Option.empty(), false);
    while (commits.hasNext()) {
      Tuple2<Object, Seq<Action>> commit = commits.next();
      if ((long) commit._1() != next++ || !way.takes(CollectionConverters.asJava(commit._2()))) {
        return Optional.empty();
      }
    }
    if (next != view.version() + 1 || way.rows > most || !way.filesAreThere()) {
      return Optional.empty();
    }
    Dataset<Row> changes =
        CDCReader.changesToBatchDF(
            log,
            since + 1,
            view.version(),
            spark,
            Option.empty(),
            Option.apply(snapshot),
            true,
            Option.apply(snapshot));
    return Optional.of(new ViewChanges(view, cameAndWent(view.shape(), changes)));
  }

  private static Dataset<Row> cameAndWent(TableShape shape, Dataset<Row> changes) {
    List<Column> came = new ArrayList<>();
    List<Column> went = new ArrayList<>();
    for (TableShape.Column column : shape.columns()) {
      Column value = col("`" + column.name() + "`");
      came.add(value);
      boolean key = column.name().equals(TableShape.RESOURCE_ID);
      went.add(
          key
              ? value
              : lit(null).cast(changes.schema().apply(column.name()).dataType()).as(column.name()));
    }
    for (List<Column> columns : List.of(came, went)) {
      columns.add(col(COMMIT));
      columns.add(lit(columns == went).as(GONE));
    }
    return changes
        .filter(col(CHANGE_TYPE).equalTo("insert"))
        .select(came.toArray(Column[]::new))
        .union(
            changes.filter(col(CHANGE_TYPE).equalTo("delete")).select(went.toArray(Column[]::new)));
  }

  /** What the commits say of their cost, and whether they can still be read. */
  private static final class Way {
    private final Lake lake;
    private final ViewSnapshot view;
    private final List<Path> needed = new ArrayList<>();
    private long rows;

    Way(Lake lake, ViewSnapshot view) {
      this.lake = lake;
      this.view = view;
    }

    /** Whether a commit's rows can be told from its actions. */
    boolean takes(List<Action> actions) {
      Map<String, RemoveFile> removed = new HashMap<>();
      Map<String, AddFile> added = new HashMap<>();
      for (Action action : actions) {
        if (action instanceof Metadata metadata && !metadata.schema().equals(view.schema())) {
          return false;
        }
        if (action instanceof RemoveFile remove && remove.dataChange()) {
          removed.put(remove.path(), remove);
          needed.add(new Path(view.path(), remove.toPath()));
          vector(remove.deletionVector());
        }
        if (action instanceof AddFile add && add.dataChange()) {
          added.put(add.path(), add);
          needed.add(new Path(view.path(), add.toPath()));
          vector(add.deletionVector());
        }
      }
      for (AddFile add : added.values()) {
        RemoveFile before = removed.remove(add.path());
        Option<Object> records = add.numLogicalRecords();
        if (records.isEmpty()) {
          return false;
        }
        rows +=
            before == null
                ? (long) records.get()
                : Math.abs(add.numDeletedRecords() - before.numDeletedRecords());
      }
      return true;
    }

    private void vector(DeletionVectorDescriptor vector) {
      if (vector != null && vector.isOnDisk()) {
        needed.add(vector.absolutePath(view.path()));
      }
    }

    /** VACUUM may have taken what a later commit removed. */
    boolean filesAreThere() {
      return needed.size() <= MOST_FILES && needed.stream().distinct().allMatch(lake::exists);
    }
  }
}
