package io.epicfhir.sandbox.bulk;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.faults.BulkFault;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.Urls;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The answer of a finished export: its files, on one page or more. */
final class Manifest {
  static final String PAGE = "page";

  /** A file and the array that lists it. */
  private record Listed(String array, ExportFile file) {}

  private final ExportOptions options;
  private final FaultPlan faults;

  Manifest(ExportOptions options, FaultPlan faults) {
    this.options = options;
    this.faults = faults;
  }

  /** Empty where there is no such page. */
  Optional<ObjectNode> page(Request request, String id, Export export, Urls urls) {
    List<Listed> files = files(export.content);
    String asked = String.join(",", request.query().getOrDefault(PAGE, List.of("1")));
    int pages =
        (int) Math.max(1, ((long) files.size() + options.filesAPage() - 1) / options.filesAPage());
    if (!asked.matches("[1-9]\\d{0,5}") || Integer.parseInt(asked) > pages) {
      return Optional.empty();
    }
    int page = Integer.parseInt(asked);
    ObjectNode manifest = head(export);
    int from = (int) Math.min(files.size(), (page - 1L) * options.filesAPage());
    int to = (int) Math.min(files.size(), (long) from + options.filesAPage());
    for (Listed listed : files.subList(from, to)) {
      manifest
          .withArray(listed.array())
          .addObject()
          .put("type", listed.file().type())
          .put("url", url(id, listed.file().name(), urls))
          .put("count", listed.file().count());
    }
    boolean cycle = faults.take(BulkFault.ManifestCycle.class, RequestKind.STATUS, "").isPresent();
    if (cycle) {
      next(manifest, urls.origin() + request.uri());
    } else if (page < pages) {
      next(manifest, urls.status(id) + "?" + PAGE + "=" + (page + 1));
    }
    return Optional.of(manifest);
  }

  /** Where links are signed, the manifest has those that lead to them. */
  private String url(String id, String name, Urls urls) {
    return options.behaves(Behaviour.SIGNED_FILE_LINKS)
        ? urls.status(id) + "/" + name
        : urls.file(id, name);
  }

  private static List<Listed> files(ExportContent content) {
    List<Listed> files = new ArrayList<>();
    content.output().forEach(file -> files.add(new Listed("output", file)));
    content.deleted().forEach(file -> files.add(new Listed("deleted", file)));
    content.error().forEach(file -> files.add(new Listed("error", file)));
    return files;
  }

  private ObjectNode head(Export export) {
    ObjectNode manifest = Json.object();
    String time =
        faults
            .take(BulkFault.TransactionTime.class, RequestKind.STATUS, "")
            .map(BulkFault.TransactionTime::text)
            .orElse(export.time.toString());
    if (!time.isEmpty()) {
      manifest.put("transactionTime", time);
    }
    manifest
        .put("request", export.asked.url())
        .put("requiresAccessToken", !options.files().contains(FileServing.OPEN));
    manifest.putArray("output");
    if (export.incremental && !options.behaves(Behaviour.DELETIONS_UNTOLD)) {
      manifest.putArray("deleted");
    }
    manifest.putArray("error");
    return manifest;
  }

  private static void next(ObjectNode manifest, String url) {
    manifest.withArray("link").addObject().put("relation", "next").put("url", url);
  }
}
