package io.epicfhir.load.postgres.copy;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.delta.TableRows;
import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.settings.LoadSettings.NulPolicy;
import io.epicfhir.load.spi.ChangedRows;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Copies one Spark partition into the staging table, in one transaction of its own together with
 * the note that it did: a task that Spark runs twice leaves its rows once, and a task of a load
 * that another one has replaced leaves none.
 *
 * @param nulPolicy what becomes of U+0000
 * @param binary in PostgreSQL's binary formats, which end with {@link BinaryValues.NotPlain} where
 *     a value is not plain; else as text, which PostgreSQL judges
 * @param lockPatience how long it waits for somebody else's lock
 */
record PartitionCopy(
    PostgresAccess access,
    LoadState state,
    String attempt,
    TableShape shape,
    NulPolicy nulPolicy,
    boolean binary,
    Duration lockPatience)
    implements VoidFunction<Iterator<InternalRow>> {

  /**
   * @param rows each value as bytes, or as a list of such: Spark's own rows, of which no objects
   *     have to be made
   */
  @Override
  public void call(Iterator<InternalRow> rows) {
    part(out -> write(rows, out));
  }

  /** Of batches of columns, in the binary formats. */
  VoidFunction<Iterator<ColumnarBatch>> ofBatches() {
    return all ->
        part(
            out -> {
              CopyBatches copy = batches(out);
              while (all.hasNext()) {
                copy.put(all.next(), row -> true);
              }
            });
  }

  private void part(Source rows) {
    try (Connection connection = access.connect(lockPatience)) {
      connection.setAutoCommit(false);
      claimed(connection, TaskContext.getPartitionId(), rows);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Copies a table of few rows in this process, as one partition. */
  void copy(TableRows rows, CopyConnections connections) {
    try {
      connections.with(
          connection ->
              claimed(connection, 0, out -> rows.<SQLException>read(values -> write(values, out))));
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Copies few changed rows in this process, as one partition, in the binary formats. */
  void copy(ChangedRows rows, CopyConnections connections) {
    try {
      connections.with(
          connection -> claimed(connection, 0, out -> rows.<SQLException>read(batches(out)::put)));
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Where rows come from. */
  private interface Source {
    void writeTo(CopyRows out) throws SQLException;
  }

  private void claimed(Connection connection, int part, Source rows) throws SQLException {
    if (state.copies().claim(connection, shape.name(), attempt, part)) {
      copy(connection, part, rows);
      connection.commit();
    }
  }

  private PostgresFailure failure(SQLException e) {
    return PostgresFailure.of(e, "copy into table " + shape.name());
  }

  @SuppressWarnings("try") // the COPY ends by itself
  private void copy(Connection connection, int part, Source rows) throws SQLException {
    String options = binary ? CopyBinary.OPTIONS : "";
    CopyIn copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("COPY " + state.staging(shape.name()) + columns() + " FROM STDIN" + options);
    try (Ended unused = () -> end(copy)) {
      CopyBuffer out = new CopyBuffer(copy);
      CopyRows rowsOut = binary ? new CopyBinary(out, shape.columns().size()) : new CopyText(out);
      rows.writeTo(rowsOut);
      rowsOut.end();
      Failpoint.at("load.copying");
      long copied = copy.endCopy();
      state
          .copies()
          .copied(
              connection, attempt, part, new Loaded(copied, out.bytes(), rowsOut.nulReplaced()));
    }
  }

  /** A COPY's end, which never hides why the COPY failed. */
  private interface Ended extends AutoCloseable {
    @Override
    void close() throws SQLException;
  }

  private static void end(CopyIn copy) throws SQLException {
    if (copy.isActive()) {
      copy.cancelCopy();
    }
  }

  private String columns() {
    return shape.columns().stream()
        .map(column -> Identifiers.quoted(column.name()))
        .collect(Collectors.joining(", ", " (", ")"));
  }

  private void write(Iterator<InternalRow> rows, CopyRows out) throws SQLException {
    List<TableShape.Column> columns = shape.columns();
    while (rows.hasNext()) {
      InternalRow row = rows.next();
      out.beginRow();
      for (int i = 0; i < columns.size(); i++) {
        boolean none = row.isNullAt(i);
        TableShape.Column column = columns.get(i);
        if (column.collection()) {
          out.values(column.type(), none ? null : list(row.getArray(i)));
        } else {
          out.value(column.type(), none ? null : row.getBinary(i));
        }
        checkNul(out, column);
      }
      out.endRow();
    }
  }

  private CopyBatches batches(CopyRows out) {
    return new CopyBatches(shape.columns(), (CopyBinary) out, column -> checkNul(out, column));
  }

  private static List<byte[]> list(ArrayData array) {
    List<byte[]> list = new ArrayList<>(array.numElements());
    for (int i = 0; i < array.numElements(); i++) {
      list.add(array.isNullAt(i) ? null : array.getBinary(i));
    }
    return list;
  }

  @SuppressWarnings("unchecked") // what TableRows says
  private void write(Object[] values, CopyRows out) throws SQLException {
    out.beginRow();
    for (int i = 0; i < values.length; i++) {
      TableShape.Column column = shape.columns().get(i);
      if (column.collection()) {
        List<byte[]> texts = (List<byte[]>) values[i];
        if (texts != null) {
          texts.replaceAll(text -> PostgresType.whole(column.type(), text));
        }
        out.values(column.type(), texts);
      } else {
        out.value(column.type(), PostgresType.whole(column.type(), (byte[]) values[i]));
      }
      checkNul(out, column);
    }
    out.endRow();
  }

  private void checkNul(CopyRows out, TableShape.Column column) {
    if (nulPolicy == NulPolicy.REFUSE && out.nulReplaced() > 0) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DATA,
          "Cannot load table "
              + shape.name()
              + ": a value of column "
              + column.name()
              + " contains U+0000; set load.nul-policy to replace, or have the source corrected");
    }
  }
}
