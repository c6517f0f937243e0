package io.epicfhir.sandbox.admin;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.epic.Notes;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.lines.LineReader;
import io.epicfhir.sandbox.lines.Reach;
import io.epicfhir.sandbox.lines.SearchRow;
import io.epicfhir.sandbox.lines.StoredLine;
import io.epicfhir.sandbox.store.Generation;
import io.epicfhir.sandbox.store.Groups;
import io.epicfhir.sandbox.store.ResourceStore;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * How a client of a group can come to each resource: {@code export} (also by searches of its
 * patients), {@code reference} (its id is in a resource that was had), {@code attachment} (its URL
 * is), {@code refused} (as attachment, but nobody may read it), {@code unlinked} (it is the group's
 * and can be read, but nothing refers to it) or {@code none}. A reference to the record of a
 * patient outside the group leads nowhere.
 */
public final class ReachOracle {
  private static final String BINARY = "Binary/";

  private final ResourceStore store;
  private final Groups groups;
  private final boolean restricts;

  public ReachOracle(ResourceStore store, Groups groups, Set<Behaviour> behaviours) {
    this.store = store;
    this.groups = groups;
    this.restricts = behaviours.contains(Behaviour.RESTRICTED_NOTES);
  }

  /** Types with the number of their resources by reach. */
  ObjectNode counts(String group) {
    Map<String, Map<String, Integer>> counts = new TreeMap<>();
    each(
        group,
        (line, reach) ->
            counts
                .computeIfAbsent(line.type(), t -> new TreeMap<>())
                .merge(reach, 1, Integer::sum));
    ObjectNode node = Json.object();
    counts.forEach(
        (type, byReach) -> {
          ObjectNode one = node.putObject(type);
          byReach.forEach(one::put);
        });
    return node;
  }

  /** Every line that is served. */
  void each(String group, BiConsumer<StoredLine, String> consumer) {
    Generation generation = store.current();
    Map<String, String> reached = reached(group, generation);
    generation
        .byType()
        .values()
        .forEach(
            lines ->
                lines.forEach(
                    line -> {
                      String reach = reached.get(line.key());
                      consumer.accept(
                          line, reach == null ? unreached(group, generation, line) : reach);
                    }));
  }

  private Map<String, String> reached(String group, Generation generation) {
    Map<String, String> reached = new HashMap<>();
    Deque<StoredLine> open = new ArrayDeque<>();
    for (String type : generation.byType().keySet()) {
      for (SearchRow row : generation.index(type).rows()) {
        if (row.line().reach() == Reach.SEARCH && groups.has(group, row.patient())) {
          reached.put(row.line().key(), "export");
          open.add(row.line());
        }
      }
    }
    try (LineReader reader = new LineReader()) {
      while (!open.isEmpty()) {
        references(reader.bytes(open.remove()), group, generation, reached, open);
      }
    }
    return reached;
  }

  private void references(
      byte[] line,
      String group,
      Generation generation,
      Map<String, String> reached,
      Deque<StoredLine> open) {
    try (JsonParser parser = Json.FACTORY.createParser(line)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_STRING) {
          String field = String.valueOf(parser.currentName());
          boolean attachment = field.equals("url") && parser.getText().startsWith(BINARY);
          if (field.equals("reference") || attachment) {
            follow(parser.getText(), group, generation, reached, open);
          }
        }
      }
    } catch (IOException e) {
      return; // A broken line points to nothing.
    }
  }

  private void follow(
      String reference,
      String group,
      Generation generation,
      Map<String, String> reached,
      Deque<StoredLine> open) {
    String[] parts = reference.split("/", -1);
    if (parts.length < 2 || !generation.byType().containsKey(parts[0])) {
      return;
    }
    generation
        .index(parts[0])
        .row(parts[1])
        .filter(row -> groups.has(group, row.patient()))
        .map(SearchRow::line)
        .filter(line -> line.reach() != Reach.SEARCH && !reached.containsKey(line.key()))
        .ifPresent(
            line -> {
              reached.put(line.key(), how(line));
              open.add(line);
            });
  }

  private String unreached(String group, Generation generation, StoredLine line) {
    boolean ours =
        generation
            .index(line.type())
            .row(line.id())
            .filter(row -> groups.has(group, row.patient()))
            .isPresent();
    return ours && line.reach() != Reach.SEARCH ? "unlinked" : "none";
  }

  private String how(StoredLine line) {
    if (!line.type().equals("Binary")) {
      return "reference";
    }
    boolean restricted = restricts && Notes.restricted(line.id());
    return restricted ? "refused" : "attachment";
  }
}
