package io.epicfhir.extract.crawl.pages;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.epicfhir.extract.bronze.JsonBytes;
import io.epicfhir.extract.source.answer.BrokenBody;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Finds the resources of a page in one pass over its bytes; builds nothing but their places. */
public final class PageScan {
  private static final String SEARCHSET = "searchset";

  private final byte[] bytes;
  private final JsonParser parser;
  private final ResourceScan resources;
  private final List<Entry> entries = new ArrayList<>();
  private final List<OutcomeCode> outcomes = new ArrayList<>();
  private final Set<String> found = new LinkedHashSet<>();
  private String next = "";
  private long total = Page.NO_TOTAL;

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
  public static Page page(byte[] bytes, References references) throws IOException {
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
  public static Page resource(byte[] bytes, References references) throws IOException {
    try (JsonParser parser = JsonBytes.FACTORY.createParser(bytes)) {
      PageScan scan = new PageScan(bytes, parser, references);
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new BrokenBody("an answer that is not a JSON object");
      }
      scan.add();
      scan.end();
      return scan.result().of(scan.resources.patients());
    } catch (JsonProcessingException e) {
      throw new BrokenBody("an answer that is not one whole JSON object");
    }
  }

  private Page result() {
    return new Page(
        Bytes.of(bytes),
        List.copyOf(entries),
        next,
        List.copyOf(found),
        List.copyOf(outcomes),
        total,
        List.of());
  }

  private void bundle() throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new BrokenBody("an answer that is not a JSON object");
    }
    String type = "";
    String bundleType = SEARCHSET;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("resourceType") && value == JsonToken.VALUE_STRING) {
        type = parser.getText();
      } else if (name.equals("type") && value == JsonToken.VALUE_STRING) {
        bundleType = parser.getText();
      } else if (name.equals("total")) {
        total(value);
      } else if (name.equals("link")) {
        links();
      } else if (name.equals("entry")) {
        entries(value);
      } else if (name.equals("issues")) {
        outcomes(value); // R5: an OperationOutcome beside the entries
      } else {
        parser.skipChildren();
      }
    }
    end();
    if (type.equals("OperationOutcome")) {
      entries.clear();
      outcome(0, bytes.length);
    } else if (!type.equals("Bundle")) {
      throw new BrokenBody("an answer that is not a Bundle");
    } else if (!bundleType.equalsIgnoreCase(SEARCHSET)) {
      incomplete(PageProblem.NOT_A_SEARCHSET);
    }
  }

  private void total(JsonToken value) throws IOException {
    PageTotal read = PageTotal.read(parser, value);
    total = Math.max(total, read.number());
    if (read.unreadable()) {
      incomplete(PageProblem.UNREADABLE_TOTAL);
    }
  }

  private void incomplete(String code) {
    outcomes.add(new OutcomeCode(true, code));
  }

  private void end() throws IOException {
    if (parser.nextToken() != null) {
      throw new BrokenBody("an answer with more than one JSON value");
    }
  }

  private void links() throws IOException {
    PageLinks links = PageLinks.read(parser);
    if (links.lacksUrl()) {
      incomplete(PageProblem.NEXT_WITHOUT_URL);
    }
    if (links.unreadable()) {
      incomplete(PageProblem.UNREADABLE_LINK);
    }
    next = links.next().isEmpty() ? next : links.next();
  }

  private void entries(JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      return;
    }
    if (value != JsonToken.START_ARRAY) {
      throw new BrokenBody("a Bundle whose entry is not a list");
    }
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      entry();
    }
  }

  /** A resource, an OperationOutcome, or a sign that the server left a resource out. */
  private void entry() throws IOException {
    boolean resource = false;
    boolean outcome = false;
    boolean named = false;
    String mode = "";
    int before = entries.size();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("resource") && value == JsonToken.START_OBJECT) {
        resource = true;
        outcome |= add();
      } else if (name.equals("response") && value == JsonToken.START_OBJECT) {
        outcome |= response();
      } else if (name.equals("search") && value == JsonToken.START_OBJECT) {
        mode = mode();
      } else {
        named |= name.equals("fullUrl");
        parser.skipChildren();
      }
    }
    if (!resource && (named || !outcome)) {
      incomplete(PageProblem.ENTRY_WITHOUT_RESOURCE);
    } else if (resource && mode.equals("outcome") && !outcome) {
      incomplete(PageProblem.OUTCOME_WITHOUT_ISSUES);
    }
    for (int i = before; !mode.isEmpty() && !mode.equals("match") && i < entries.size(); i++) {
      entries.set(i, entries.get(i).included());
    }
  }

  /** Whether the entry's response holds an OperationOutcome. */
  private boolean response() throws IOException {
    boolean outcome = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("outcome")) {
        outcome |= outcomes(value);
      } else {
        parser.skipChildren();
      }
    }
    return outcome;
  }

  /** One OperationOutcome, or a list of them; whether there is any. */
  private boolean outcomes(JsonToken value) throws IOException {
    if (value == JsonToken.START_OBJECT) {
      return add();
    }
    boolean any = false;
    while (value == JsonToken.START_ARRAY && parser.nextToken() == JsonToken.START_OBJECT) {
      any |= add();
    }
    return any;
  }

  private String mode() throws IOException {
    String mode = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      if (parser.nextToken() == JsonToken.VALUE_STRING && name.equals("mode")) {
        mode = parser.getText();
      } else {
        parser.skipChildren();
      }
    }
    return mode;
  }

  /** Takes in the resource that begins here; true where it is an OperationOutcome. */
  private boolean add() throws IOException {
    Entry entry = resources.run();
    boolean isOutcome = entry.type().equals("OperationOutcome");
    if (isOutcome) {
      outcome(entry.offset(), entry.length());
    } else {
      entries.add(entry.of(resources.patients()));
    }
    return isOutcome;
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
