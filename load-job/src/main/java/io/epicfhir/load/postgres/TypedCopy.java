package io.epicfhir.load.postgres;

import io.epicfhir.common.delta.TableRows;
import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.settings.LoadSettings.RefusedPolicy;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.sql.Identifiers;
import java.sql.SQLException;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A view's rows into a table that nobody reads, in the view's types. Where PostgreSQL refuses a
 * value, all rows are copied as text, PostgreSQL judges each value, and the settings say what
 * becomes of those that it refuses.
 */
record TypedCopy(PostgresLoad load) {

  /**
   * What arrived.
   *
   * @param refused whether some values are null because PostgreSQL refuses them
   */
  record Copied(Loaded loaded, boolean refused) {}

  /**
   * Makes the table and fills it.
   *
   * @param create makes the table; what an interrupted load left there goes
   * @throws PostgresFailure of kind DATA where a value is refused and the policy is to refuse
   */
  Copied copy(LoadRequest request, String... create) throws SQLException {
    try {
      return new Copied(plain(request, create), false);
    } catch (PostgresFailure e) {
      if (!e.sqlState().startsWith("22")) {
        throw e;
      }
      return judged(request, e, create);
    }
  }

  private Loaded plain(LoadRequest request, String... create) throws SQLException {
    ViewSnapshot view = request.view();
    Optional<TableRows> few = view.fewRows();
    if (few.isPresent()) {
      return load.staged().copy(create, few.get(), view);
    }
    Dataset<Row> rows = request.rows().get();
    return load.staged().copy(view.shape(), create, rows, view, request.expected());
  }

  private Copied judged(LoadRequest request, PostgresFailure first, String... create)
      throws SQLException {
    ViewSnapshot view = request.view();
    RefusedValues refused = new RefusedValues(load);
    TableShape texts = view.shape().asTexts();
    Column[] columns =
        view.shape().columns().stream().map(PostgresType::asText).toArray(Column[]::new);
    Loaded loaded =
        load.staged()
            .copy(
                texts,
                load.emptyRows(view, texts),
                request.rows().get().select(columns),
                view,
                request.expected());
    refused.judge(view.shape());
    String problem = refused.problem(view);
    boolean asNull = load.settings().refusedValues() == RefusedPolicy.NULL;
    if (problem.isEmpty() || !asNull) {
      load.session().execute(refused.drop());
    }
    if (problem.isEmpty()) {
      throw first; // the same rows as text are fine: it was no value
    }
    if (!asNull) {
      load.session().transaction(connection -> refused.note(connection, view.name(), true));
      throw new PostgresFailure(PostgresFailure.Kind.DATA, problem);
    }
    load.session().execute(create);
    String names =
        view.shape().columns().stream()
            .map(column -> Identifiers.quoted(column.name()))
            .collect(Collectors.joining(", "));
    load.session()
        .execute(
            "INSERT INTO %s (%s) %s"
                .formatted(load.state().staging(view.name()), names, refused.typed(view.shape())),
            refused.drop());
    return new Copied(loaded, true);
  }
}
