package io.epicfhir.extract;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxOptions;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests against one site share: it opens, and its jobs run by skipped time. */
abstract class SiteTest {
  @TempDir Path folder;
  final SkippedTime time = new SkippedTime();
  Site site;

  void open(UnaryOperator<SandboxOptions> behaviour) throws IOException {
    open(BulkToBronzeTest.files(), behaviour);
  }

  void open(Map<String, byte[]> files, UnaryOperator<SandboxOptions> behaviour) throws IOException {
    site = Site.open(folder, files, behaviour);
  }

  /** The server's clock is that of the jobs. */
  void openInSkippedTime(UnaryOperator<SandboxOptions> behaviour) throws IOException {
    open(o -> behaviour.apply(o).clock(time));
  }

  @AfterEach
  void close() throws IOException {
    if (site != null) {
      site.close();
    }
  }

  int kickOff() throws IOException {
    return site.run(new KickOff(time.pace()), "r1", "kick_off");
  }

  int status() throws IOException {
    return site.run(new ExportStatus(time.pace()), "r1", "wait");
  }

  int extract() throws IOException {
    return site.run(new Extract(), "r1", "extract");
  }

  String error(String task) throws IOException {
    return site.error("r1", task);
  }

  JsonNode result(String task) throws IOException {
    return site.report("r1", task).path("result");
  }

  String notes(String task) throws IOException {
    return site.report("r1", task).path("notes").toString();
  }

  long asked(RequestKind kind) {
    return site.server.requests().count(kind);
  }
}
