package io.epicfhir.transform.views;

import java.io.Serializable;

/**
 * A path of a view.
 *
 * @param part what it is for, such as "column given" or "forEach"
 * @param path its text
 */
record Place(String part, String path) implements Serializable {
  static final Place NONE = new Place("", "");

  /** For messages. */
  String text() {
    return part + (part.startsWith("column ") ? ", path " : " ") + path;
  }
}
