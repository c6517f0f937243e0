package io.epicfhir.transform;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import io.epicfhir.transform.views.Refusal;
import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The list of resources that do not fit a view, an NDJSON file of a task in quarantine: patient
 * data, and the only place where their ids stand beside the reason.
 */
final class RefusedList implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();

  private final Configuration hadoop;
  private final Path path;
  private final JsonGenerator lines;
  private boolean finished;

  RefusedList(Configuration hadoop, Path folder) throws IOException {
    this.hadoop = hadoop;
    this.path = new Path(folder, "part-" + UUID.randomUUID() + ".ndjson");
    OutputStream out = path.getFileSystem(hadoop).create(path, false);
    this.lines = JSON.createGenerator(out);
    this.lines.setRootValueSeparator(new SerializedString("\n"));
  }

  void add(String type, String id, Refusal refusal) throws IOException {
    lines.writeStartObject();
    lines.writeStringField("resource_type", type);
    lines.writeStringField("id", id);
    lines.writeStringField("part", refusal.part());
    lines.writeStringField("path", refusal.path());
    lines.writeStringField("reason", refusal.reason());
    lines.writeEndObject();
  }

  void finish() throws IOException {
    finished = true;
    lines.writeRaw('\n');
    lines.close();
  }

  /** Takes away what was not finished. */
  @Override
  public void close() throws IOException {
    if (!finished) {
      lines.close();
      path.getFileSystem(hadoop).delete(path, false);
    }
  }
}
