package io.epicfhir.extract.crawl.pages;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.epicfhir.extract.source.answer.BrokenBody;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Walks over one resource's tokens: where it ends, what it is, what it points to. */
final class ResourceScan {
  private static final String SUBSETTED = "SUBSETTED";

  private final byte[] bytes;
  private final JsonParser parser;
  private final References references;
  private final Set<String> found;
  private final List<String[]> urls = new ArrayList<>();
  private String type;
  private String id;
  private boolean subsetted;
  private boolean inMeta;
  private String url = "";
  private int urlDepth;
  private String contentType = "";
  private int contentTypeDepth;
  private String element = "";
  private PatientFields patientFields = new PatientFields();

  ResourceScan(byte[] bytes, JsonParser parser, References references, Set<String> found) {
    this.bytes = bytes;
    this.parser = parser;
    this.references = references;
    this.found = found;
  }

  /** Begins at the resource's first token and ends at its last. */
  Entry run() throws IOException {
    int from = (int) parser.currentTokenLocation().getByteOffset();
    type = "";
    id = "";
    subsetted = false;
    urls.clear();
    patientFields = new PatientFields();
    int depth = 1;
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw new BrokenBody("a truncated answer");
      }
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        attachment(depth);
        depth--;
      } else if (token == JsonToken.FIELD_NAME) {
        element = depth == 1 ? parser.currentName() : element;
        inMeta = element.equals("meta");
      } else if (token == JsonToken.VALUE_STRING && parser.currentName() != null) {
        text(depth, parser.currentName());
      }
    }
    int to = (int) parser.currentLocation().getByteOffset();
    requireObject(from, to);
    for (String[] attachment : urls) {
      String document = references.attachment(type, attachment[0]);
      boolean isAttachment = !attachment[1].isEmpty(); // else it may be an extension's url
      if (document != null) {
        add(document + attachment[1]);
      } else if (isAttachment) {
        add(references.elsewhere(type, attachment[0]));
      }
    }
    Entry.Kind kind = subsetted ? Entry.Kind.SUBSETTED : Entry.Kind.RESOURCE;
    return new Entry(kind, type, id, from, to - from);
  }

  /** The ids of the patients that the last resource belongs to. */
  List<String> patients() {
    return patientFields.patients(type, id);
  }

  private void text(int depth, String name) throws IOException {
    switch (name) {
      case "resourceType" -> type = depth == 1 ? parser.getText() : type;
      case "id" -> id = depth == 1 ? parser.getText() : id;
      case "code" -> subsetted |= inMeta && parser.getText().equals(SUBSETTED);
      case "reference" -> {
        add(references.reference(parser.getText()));
        patientFields.reference(element, depth, parser.getText());
      }
      case "url", "contentType" -> {
        if (!references.attachmentTypes().isEmpty()) {
          attachment(depth, name);
        }
      }
      default -> {}
    }
  }

  private void attachment(int depth, String name) throws IOException {
    if (name.equals("url")) {
      url = parser.getText();
      urlDepth = depth;
    } else {
      contentType = MediaType.of(parser.getText());
      contentTypeDepth = depth;
    }
  }

  /** An object ends: where it has a url, it may be an Attachment. */
  private void attachment(int depth) {
    if (urlDepth == depth) {
      boolean typed = contentTypeDepth == depth && !contentType.isEmpty();
      urls.add(new String[] {url, typed ? " " + contentType : ""});
    }
    urlDepth = urlDepth == depth ? 0 : urlDepth;
    contentTypeDepth = contentTypeDepth == depth ? 0 : contentTypeDepth;
  }

  private void add(String reference) {
    if (reference != null) {
      found.add(reference);
    }
  }

  /** Places are those of bytes only where the answer is UTF-8, as FHIR's JSON must be. */
  private void requireObject(int from, int to) throws BrokenBody {
    if (from < 0 || to > bytes.length || to <= from || bytes[from] != '{' || bytes[to - 1] != '}') {
      throw new BrokenBody("an answer that is not in UTF-8");
    }
  }
}
