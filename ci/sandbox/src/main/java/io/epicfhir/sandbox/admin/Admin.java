package io.epicfhir.sandbox.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Piece;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.RequestLog;
import io.epicfhir.sandbox.lines.StoredLine;
import io.epicfhir.sandbox.store.ResourceStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The endpoints that are no part of the FHIR server: for tests, shells and benchmarks. */
public final class Admin {
  private final ResourceStore store;
  private final String wholeGroup;
  private final ReachOracle oracle;
  private final SiteAdmin site;
  private final RequestLog log;
  private final FaultPlan faults;

  public Admin(
      ResourceStore store,
      String wholeGroup,
      ReachOracle oracle,
      SiteAdmin site,
      RequestLog log,
      FaultPlan faults) {
    this.wholeGroup = wholeGroup;
    this.store = store;
    this.oracle = oracle;
    this.site = site;
    this.log = log;
    this.faults = faults;
  }

  public Reply answer(Request request, String what) {
    if (!request.client().isLoopbackAddress()) {
      return new Reply(403);
    }
    if (site.knows(request.method(), what)) {
      return site.answer(request, what);
    }
    try {
      return switch (request.method() + " " + what) {
        case "POST reload" -> SiteAdmin.reloaded(store.reload());
        case "GET requests" -> Reply.json(200, log.toJson());
        case "DELETE requests" -> {
          log.clear();
          yield new Reply(204);
        }
        case "GET counts" -> counts();
        case "GET resources" -> resources();
        case "GET reach" -> reach(group(request));
        case "GET reach-counts" -> Reply.json(200, oracle.counts(group(request)));
        case "POST faults" -> plan(request.body());
        case "DELETE faults" -> {
          faults.clear();
          yield new Reply(204);
        }
        default -> new Reply(404);
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Reply counts() {
    ObjectNode counts = Json.object();
    store.counts().forEach(counts::put);
    return Reply.json(200, counts);
  }

  private String group(Request request) {
    return String.join("", request.query().getOrDefault("group", List.of(wholeGroup)));
  }

  private Reply resources() throws IOException {
    return lines(
        write ->
            store
                .current()
                .byType()
                .values()
                .forEach(lines -> lines.forEach(line -> write.accept(line, ""))));
  }

  private Reply reach(String group) throws IOException {
    return lines(write -> oracle.each(group, (line, reach) -> write.accept(line, "\t" + reach)));
  }

  /** By way of a file: millions of lines need no memory. */
  private Reply lines(Consumer<BiConsumer<StoredLine, String>> each) throws IOException {
    Path file = Files.createTempFile(store.scratch(), "resources", ".tsv");
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
      each.accept((line, more) -> out.print(line.key() + "\t" + line.digest() + more + "\n"));
      if (out.checkError()) {
        throw new IOException("Cannot write " + file);
      }
    }
    return Reply.of(
        200, "text/tab-separated-values", new Piece.FileRange(file, 0, Files.size(file)));
  }

  private Reply plan(String body) {
    try {
      FaultOrder order = FaultOrder.parse(body);
      faults.times(order.times(), order.match(), order.fault());
      return new Reply(204);
    } catch (IllegalArgumentException e) {
      return Reply.text(400, "text/plain", e.getMessage());
    }
  }
}
