package io.epicfhir.extract.crawl;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.epicfhir.extract.bronze.JsonBytes;
import io.epicfhir.extract.source.BrokenBody;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Finds the resources of a page in one pass over its bytes; builds nothing but their places. */
final class PageScan {
  private final byte[] bytes;
  private final JsonParser parser;
  private final ResourceScan resources;
  private final List<Entry> entries = new ArrayList<>();
  private final List<OutcomeCode> outcomes = new ArrayList<>();
  private final Set<String> found = new LinkedHashSet<>();
  private String next = "";

  private PageScan(byte[] bytes, JsonParser parser, References references) {
    this.bytes = bytes;
    this.parser = parser;
    this.resources = new ResourceScan(bytes, parser, references, found);
  }

  /**
   * The page of a search: a Bundle, or an OperationOutcome in its place.
   *
   * @throws BrokenBody where it is neither, and thus a proxy's page or cut
   */
  static Page page(byte[] bytes, References references) throws IOException {
    try (JsonParser parser = JsonBytes.FACTORY.createParser(bytes)) {
      PageScan scan = new PageScan(bytes, parser, references);
      scan.bundle();
      return scan.result();
    } catch (JsonProcessingException e) {
      throw new BrokenBody("an answer that is not one whole JSON object");
    }
  }

  /**
   * A resource that was asked for by its id.
   *
   * @throws BrokenBody where it is not one whole resource
   */
  static Page resource(byte[] bytes, References references) throws IOException {
    try (JsonParser parser = JsonBytes.FACTORY.createParser(bytes)) {
      PageScan scan = new PageScan(bytes, parser, references);
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new BrokenBody("an answer that is no JSON object");
      }
      scan.add();
      scan.end();
      return scan.result();
    } catch (JsonProcessingException e) {
      throw new BrokenBody("an answer that is not one whole JSON object");
    }
  }

  private Page result() {
    return new Page(
        Bytes.of(bytes), List.copyOf(entries), next, List.copyOf(found), List.copyOf(outcomes));
  }

  private void bundle() throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new BrokenBody("an answer that is no JSON object");
    }
    String type = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("resourceType") && value == JsonToken.VALUE_STRING) {
        type = parser.getText();
      } else if (name.equals("link") && value == JsonToken.START_ARRAY) {
        links();
      } else if (name.equals("entry") && value == JsonToken.START_ARRAY) {
        entries();
      } else {
        parser.skipChildren();
      }
    }
    end();
    if (type.equals("OperationOutcome")) {
      entries.clear();
      outcome(0, bytes.length);
    } else if (!type.equals("Bundle")) {
      throw new BrokenBody("an answer that is no Bundle");
    }
  }

  private void end() throws IOException {
    if (parser.nextToken() != null) {
      throw new BrokenBody("an answer with more than one JSON value");
    }
  }

  private void links() throws IOException {
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      String relation = "";
      String url = "";
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("relation") && value == JsonToken.VALUE_STRING) {
          relation = parser.getText();
        } else if (name.equals("url") && value == JsonToken.VALUE_STRING) {
          url = parser.getText();
        } else {
          parser.skipChildren();
        }
      }
      next = relation.equals("next") ? url : next;
    }
  }

  private void entries() throws IOException {
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("resource") && value == JsonToken.START_OBJECT) {
          add();
        } else {
          parser.skipChildren();
        }
      }
    }
  }

  private void add() throws IOException {
    Entry entry = resources.run();
    if (entry.type().equals("OperationOutcome")) {
      outcome(entry.offset(), entry.length());
    } else {
      entries.add(entry);
    }
  }

  private void outcome(int offset, int length) throws IOException {
    List<OutcomeCode> codes = OutcomeCode.of(bytes, offset, length);
    outcomes.addAll(codes);
    boolean severe = codes.stream().anyMatch(OutcomeCode::severe);
    boolean news = codes.stream().anyMatch(c -> !c.code().equals(OutcomeCode.NOTHING_FOUND));
    if (severe || news) {
      Entry.Kind kind = severe ? Entry.Kind.ERROR : Entry.Kind.WARNING;
      entries.add(new Entry(kind, "OperationOutcome", "", offset, length));
    }
  }
}
