package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The folder that shaped resources go to: a file a type, and below it {@link #BY_ID} for what only
 * its id finds, {@link #READ_ONLY} for what only a read finds.
 */
public final class ShapedFolder implements AutoCloseable {
  /** Read, or searched for by _id. */
  public static final String BY_ID = "by-id";

  /** Read. */
  public static final String READ_ONLY = "read-only";

  private final Path folder;
  private final Map<String, OutputStream> open = new TreeMap<>();
  private final Set<String> added = new HashSet<>();

  ShapedFolder(Path folder) {
    this.folder = folder;
  }

  /** One more line of a file. */
  void write(String place, String file, byte[] line) throws IOException {
    OutputStream out = open.get(place + "/" + file);
    if (out == null) {
      Path to = Files.createDirectories(folder.resolve(place)).resolve(file);
      out = new BufferedOutputStream(Files.newOutputStream(to), 1 << 18);
      open.put(place + "/" + file, out);
    }
    out.write(line);
    out.write('\n');
  }

  /** A resource that the folder of the source does not have, once. */
  void add(String place, ObjectNode resource) throws IOException {
    String type = resource.path("resourceType").asText();
    if (added.add(type + "/" + resource.path("id").asText())) {
      write(place, type + ".ndjson", Ndjson.bytes(resource));
    }
  }

  @Override
  public void close() throws IOException {
    for (OutputStream out : open.values()) {
      out.close();
    }
  }
}
