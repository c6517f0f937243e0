package io.epicfhir.transform.views;

import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.Iterator;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;

/**
 * The one parse of a resource: a stream over its bytes that keeps what the views read and skips the
 * rest. Spark's own JSON functions are not used because they turn 1.50 into 1.5.
 */
final class ResourceParser implements MapPartitionsFunction<Row, Row> {
  private static final long serialVersionUID = 1L;

  /** A line may have 100 MB, and one string may be nearly all of it; Jackson's default is 20 MB. */
  private static final int LONGEST_STRING = 256 << 20;

  /** Questionnaires nest without a limit of their own; this bounds the stack. */
  private static final int DEEPEST_NESTING = 2_000;

  private final ReadNode read;

  private ResourceParser(ReadNode read) {
    this.read = read;
  }

  static Dataset<Row> parse(Dataset<Row> silver, ReadNode read) {
    return silver
        .select(col("id"), col("resource").cast(DataTypes.BinaryType))
        .mapPartitions(new ResourceParser(read), Encoders.row(ReadSchema.of(read)));
  }

  @Override
  public Iterator<Row> call(Iterator<Row> resources) {
    ElementReader reader = ElementReader.of(read);
    JsonFactory json = factory();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return resources.hasNext();
      }

      @Override
      public Row next() {
        Row resource = resources.next();
        return ResourceParser.row(json, reader, resource.getString(0), resource.getAs(1));
      }
    };
  }

  private static Row row(JsonFactory json, ElementReader reader, String key, byte[] bytes) {
    try (JsonParser parser = json.createParser(bytes)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw refuse(key, null);
      }
      Object[] elements = reader.elements(parser);
      Object[] row = new Object[1 + elements.length];
      row[0] = key;
      System.arraycopy(elements, 0, row, 1, elements.length);
      return RowFactory.create(row);
    } catch (IOException e) {
      throw refuse(key, e);
    }
  }

  /** The cause is not kept: Jackson's message shows a piece of the resource. */
  private static ViewException refuse(String key, IOException e) {
    String why = e == null ? "" : " (" + e.getClass().getSimpleName() + ")";
    return new ViewException(
        ViewException.Kind.EVALUATION,
        "Cannot parse resource " + key + why + ": it is no JSON object; look at its bronze row");
  }

  static JsonFactory factory() {
    StreamReadConstraints limits =
        StreamReadConstraints.builder()
            .maxStringLength(LONGEST_STRING)
            .maxNumberLength(LONGEST_STRING)
            .maxNestingDepth(DEEPEST_NESTING)
            .build();
    return JsonFactory.builder()
        .streamReadConstraints(limits)
        // Resources come from outside: their field names must not fill a table of the JVM.
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .build();
  }
}
