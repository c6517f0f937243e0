package io.epicfhir.extract.crawl.fetch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.epicfhir.extract.crawl.pages.Bytes;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.MediaType;
import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.pages.PageScan;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A document as servers send it: as a Binary in FHIR JSON, or as it is, whatever was asked for. One
 * that comes as it is becomes the Binary that FHIR defines for it; standard:
 * https://hl7.org/fhir/R4/binary.html#rest.
 */
public final class RawDocument {
  /** The type of all documents. */
  public static final String BINARY = "Binary";

  /** An answer without a byte is no document. */
  static final String EMPTY = "empty-answer";

  /** A web page in place of a document that was announced as something else, such as a sign-in. */
  static final String WEB_PAGE = "web-page";

  private static final int OK = 200;
  private static final String HTML = "html";
  private static final String UNKNOWN = "application/octet-stream";

  private RawDocument() {}

  /**
   * The answer to a read of a Binary.
   *
   * @param id the id that was asked for
   * @throws BrokenBody where FHIR JSON was announced and something else came
   */
  static Page page(String id, String contentType, byte[] body, References references)
      throws IOException {
    String type = contentType.toLowerCase(Locale.ROOT).replaceAll(";.*", "").strip();
    if (type.isEmpty() || type.equals(PageFetch.FHIR)) {
      return PageScan.resource(body, references);
    }
    if (type.contains("json")) {
      try {
        Page page = PageScan.resource(body, references);
        if (page.entries().stream().anyMatch(e -> isFhir(e.type()))) {
          return page;
        }
      } catch (BrokenBody e) {
        return binary(id, contentType, body); // a document in JSON is not FHIR
      }
    }
    return binary(id, contentType, body);
  }

  /** The media type that a Binary tells of itself; empty where it tells none. */
  public static String mediaType(Page page) {
    Entry entry = page.entries().get(0);
    try (JsonParser parser =
        new JsonFactory().createParser(page.bytes(), entry.offset(), entry.length())) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean named = parser.currentName().equals("contentType");
        if (parser.nextToken() == JsonToken.VALUE_STRING && named) {
          return MediaType.of(parser.getText());
        }
        parser.skipChildren();
      }
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it was scanned to its end
    }
  }

  /**
   * Why an answer is no document; empty where it may be one. Only 200 comes with all of it.
   *
   * @param announced the media type by what points to the document
   */
  static Optional<String> problem(Reply reply, String announced) {
    if (reply.status() != OK) {
      return Optional.of("http-" + reply.status());
    }
    if (reply.body().length == 0) {
      return Optional.of(EMPTY);
    }
    boolean another =
        !announced.equals(PageFetch.ANY_TYPE) && !announced.toLowerCase(Locale.ROOT).contains(HTML);
    return another && reply.contentType().contains(HTML) ? Optional.of(WEB_PAGE) : Optional.empty();
  }

  private static boolean isFhir(String type) {
    return type.equals(BINARY) || type.equals("OperationOutcome");
  }

  private static Page binary(String id, String contentType, byte[] body) throws IOException {
    JsonStringEncoder json = JsonStringEncoder.getInstance();
    String head =
        "{\"resourceType\":\"Binary\",\"id\":\""
            + new String(json.quoteAsString(id))
            + "\",\"contentType\":\""
            + new String(json.quoteAsString(contentType.isBlank() ? UNKNOWN : contentType))
            + "\",\"data\":\"";
    ByteArrayOutputStream line =
        new ByteArrayOutputStream(head.length() + 4 * (body.length / 3 + 2));
    line.write(head.getBytes(StandardCharsets.UTF_8));
    line.write(Base64.getEncoder().encode(body));
    line.write("\"}".getBytes(StandardCharsets.UTF_8));
    Entry entry = new Entry(Entry.Kind.RAW, BINARY, id, 0, line.size());
    return new Page(Bytes.of(line.toByteArray()), List.of(entry), "", List.of(), List.of());
  }
}
