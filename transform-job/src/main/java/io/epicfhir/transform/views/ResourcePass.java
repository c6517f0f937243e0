package io.epicfhir.transform.views;

/** Reads one resource after the other; not safe for threads. */
final class ResourcePass {
  private final ElementReader reader;
  private final Oddities oddities;
  private final JsonCursor json = new JsonCursor();

  ResourcePass(ReadNode read, String type, Drift drift) {
    oddities = new Oddities(drift);
    reader = ElementReader.ofResource(read, type, oddities);
  }

  /** Whether the resource that was read last has a security label that cannot be read. */
  boolean takeLabelUnread() {
    return oddities.takeLabelUnread();
  }

  /** What the views read of a resource; null where this is not one JSON object. */
  Object[] elements(byte[] bytes, int from, int to) {
    try {
      json.start(bytes, from, to);
      if (json.first() == '{') {
        Object[] elements = reader.elements(json);
        return json.atEnd() ? elements : null;
      }
    } catch (MalformedJson e) {
      return null;
    }
    return null;
  }
}
