package io.epicfhir.load.spi;

import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A table as the target will have it: the view's columns in order.
 *
 * @param name the view's name
 * @param comment what the table holds, or empty
 */
public record TableShape(String name, String comment, List<Column> columns)
    implements Serializable {
  /** What a lookup is searched by; the names are those of SQL on FHIR. */
  private static final Set<String> LOOKED_UP = Set.of("code", "source_code", "target_code");

  /** What the rows of changes have beside a view's columns. */
  private static final Set<String> OWN = Set.of(ViewChanges.COMMIT, ViewChanges.GONE);

  /**
   * The last column of every view table: the resource that a row was made from. A joined table has
   * it where it is kept by resource, a lookup never.
   */
  public static final String RESOURCE_ID = "_resource_id";

  /**
   * A column.
   *
   * @param collection whether it holds a list
   * @param comment what it means, or empty
   * @param indexed whether the view asks for an index
   */
  public record Column(
      String name, ColumnType type, boolean collection, String comment, boolean indexed)
      implements Serializable {}

  /**
   * By the Delta table's columns and what their metadata says.
   *
   * @param limits what the target can have
   * @throws JobException {@link ExitCode#SETTINGS} naming every column that no table can have
   */
  public static TableShape of(
      LakeTable table, String comment, StructType schema, TargetLimits limits) {
    List<Column> columns = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (StructField field : schema.fields()) {
      column(field, isLookedUp(table, field), limits, problems).ifPresent(columns::add);
    }
    if (!limits.hasName(table.name())) {
      problems.add("the table's name must have " + limits.nameInWords());
    }
    if (schema.fields().length > limits.columns()) {
      problems.add(
          "it has "
              + schema.fields().length
              + " columns, but a table can have only "
              + limits.columns()
              + "; split it into two");
    }
    if (table.kind() == LakeTable.Kind.VIEW && !has(schema, RESOURCE_ID)) {
      problems.add("column " + RESOURCE_ID + " is missing");
    }
    if (!problems.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot load %s: %s; %s"
              .formatted(table, String.join("; ", problems), table.kind().remedy()));
    }
    return new TableShape(table.name(), comment, List.copyOf(columns));
  }

  private static boolean has(StructType schema, String column) {
    return Arrays.asList(schema.fieldNames()).contains(column);
  }

  /** Lookups are made by people who need not think of indexes. */
  private static boolean isLookedUp(LakeTable table, StructField field) {
    return table.kind() == LakeTable.Kind.LOOKUP && LOOKED_UP.contains(field.name());
  }

  /** Whether each row says which resource it was made from: then changes can be found by it. */
  public boolean isByResource() {
    return columns.stream().anyMatch(column -> column.name().equals(RESOURCE_ID));
  }

  /** The columns that the rows of {@link ViewChanges} have. */
  public TableShape withChange() {
    List<Column> all = new ArrayList<>(columns);
    all.add(new Column(ViewChanges.COMMIT, ColumnType.BIGINT, false, "", false));
    all.add(new Column(ViewChanges.GONE, ColumnType.BOOLEAN, false, "", false));
    return new TableShape(name, comment, List.copyOf(all));
  }

  /** The same columns, all of them text. */
  public TableShape asTexts() {
    return new TableShape(
        name,
        comment,
        columns.stream()
            .map(own -> new Column(own.name(), ColumnType.TEXT, own.collection(), "", false))
            .toList());
  }

  private static Optional<Column> column(
      StructField field, boolean lookedUp, TargetLimits limits, List<String> problems) {
    Metadata about = field.metadata();
    boolean collection = field.dataType() instanceof ArrayType;
    DataType one =
        field.dataType() instanceof ArrayType array ? array.elementType() : field.dataType();
    String ansi = text(about, ColumnMetadata.ANSI_TYPE);
    Optional<ColumnType> type =
        ansi.isEmpty()
            ? ColumnType.of(one, text(about, ColumnMetadata.FHIR_TYPE))
            : ColumnType.ofAnsi(ansi);
    if (!limits.hasName(field.name())) {
      problems.add("the name of column " + field.name() + " must have " + limits.nameInWords());
    }
    if (OWN.stream().anyMatch(field.name()::equalsIgnoreCase)) {
      problems.add(
          "column " + field.name() + " has a name that load itself needs; rename the column");
    }
    if (limits.systemColumns().contains(field.name())) {
      problems.add("every table has a system column " + field.name() + "; rename the column");
    }
    if (type.isEmpty()) {
      problems.add(
          "column "
              + field.name()
              + (ansi.isEmpty()
                  ? " has the type " + field.dataType().simpleString()
                  : " has the unknown ansi/type " + ansi));
    }
    boolean indexed =
        lookedUp
            || (about.contains(ColumnMetadata.INDEX) && about.getBoolean(ColumnMetadata.INDEX));
    return type.map(t -> new Column(field.name(), t, collection, comment(about), indexed));
  }

  /** What the column means, and where it comes from. */
  private static String comment(Metadata about) {
    String path = text(about, ColumnMetadata.FHIR_PATH);
    String type = text(about, ColumnMetadata.FHIR_TYPE);
    String source = path.isEmpty() || type.isEmpty() ? path + type : path + ": " + type;
    return Stream.of(
            text(about, ColumnMetadata.DESCRIPTION), source.isEmpty() ? "" : "FHIR " + source)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining("\n"));
  }

  private static String text(Metadata metadata, String key) {
    return metadata.contains(key) ? metadata.getString(key) : "";
  }
}
