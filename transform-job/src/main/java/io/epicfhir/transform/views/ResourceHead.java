package io.epicfhir.transform.views;

import java.nio.charset.StandardCharsets;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What a line of NDJSON is: its resource type and its id. Both mostly stand in front, and no more
 * of the line is looked at.
 *
 * @param type null where the line names none
 * @param id null where the line names none
 */
record ResourceHead(UTF8String type, UTF8String id) {
  private static final byte[] TYPE = "resourceType".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ID = "id".getBytes(StandardCharsets.US_ASCII);

  /**
   * Of the object that is due; the cursor ends anywhere in it.
   *
   * @throws MalformedJson where it is no object
   */
  static ResourceHead of(JsonCursor json) {
    if (json.first() != '{') {
      throw new MalformedJson();
    }
    UTF8String type = null;
    UTF8String id = null;
    for (boolean more = json.firstField(); more; more = json.nextField()) {
      boolean text = json.first() == '"';
      if (text && json.fieldName().is(TYPE)) {
        type = json.text();
      } else if (text && json.fieldName().is(ID)) {
        id = json.text();
      } else {
        json.skip();
      }
      if (type != null && id != null) {
        break;
      }
    }
    return new ResourceHead(type, id);
  }

  boolean isOf(String resourceType) {
    return type != null && type.equals(UTF8String.fromString(resourceType));
  }
}
