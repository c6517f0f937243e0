package io.epicfhir.transform.views;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/** Reads one resource after the other; not safe for threads. */
final class ResourcePass {
  private final ElementReader reader;
  private final JsonCursor json = new JsonCursor();

  ResourcePass(ReadNode read, String type, Drift drift) {
    reader = ElementReader.ofResource(read, type, drift);
  }

  /** The row of a resource, good until its bytes are gone. */
  InternalRow row(UTF8String key, UTF8String text) {
    if (text.getBaseObject() instanceof byte[] bytes) {
      int from = Math.toIntExact(text.getBaseOffset() - Platform.BYTE_ARRAY_OFFSET);
      return row(key, bytes, from, from + text.numBytes());
    }
    return row(key, text.getBytes(), 0, text.numBytes());
  }

  InternalRow row(UTF8String key, byte[] bytes, int from, int to) {
    try {
      json.start(bytes, from, to);
      if (json.first() == '{') {
        InternalRow row = (InternalRow) reader.row(json);
        if (json.atEnd()) {
          row.update(0, key);
          return row;
        }
      }
    } catch (JsonCursor.Malformed e) {
      throw refuse("a resource");
    }
    throw refuse("a resource");
  }

  /** What the views read of a resource; null where this is not one JSON object. */
  Object[] elements(byte[] bytes, int from, int to) {
    try {
      json.start(bytes, from, to);
      if (json.first() == '{') {
        Object[] elements = reader.elements(json);
        return json.atEnd() ? elements : null;
      }
    } catch (JsonCursor.Malformed e) {
      return null;
    }
    return null;
  }

  boolean blank(byte[] bytes, int from, int to) {
    json.start(bytes, from, to);
    return json.atEnd();
  }

  ResourceHead head(byte[] bytes, int from, int to) {
    try {
      json.start(bytes, from, to);
      return ResourceHead.of(json);
    } catch (JsonCursor.Malformed e) {
      throw refuse("a line");
    }
  }

  /** Shows nothing of the resource. */
  private static ViewException refuse(String what) {
    return new ViewException(
        ViewException.Kind.EVALUATION,
        "Cannot parse " + what + ": it is no JSON object; look at its bronze row");
  }
}
