package io.epicfhir.extract.crawl.pages;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Locale;

/**
 * The links of a page.
 *
 * @param next where the next page is; empty where the page is the last one
 * @param lacksUrl the page says that there is a next one, and not where
 * @param unreadable a link does not say what it is, or two lead to different next pages: there may
 *     be a next page
 */
record PageLinks(String next, boolean lacksUrl, boolean unreadable) {
  private static final String NEXT = "next";

  /** Reads the value that the parser is at, to its end: a list of links, or a single one. */
  static PageLinks read(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> one(parser);
      case START_ARRAY -> list(parser);
      case VALUE_NULL -> new PageLinks("", false, false);
      default -> new PageLinks("", false, true);
    };
  }

  private static PageLinks list(JsonParser parser) throws IOException {
    PageLinks all = new PageLinks("", false, false);
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY && token != null;
        token = parser.nextToken()) {
      if (token == JsonToken.START_OBJECT) {
        all = all.and(one(parser));
      } else if (token != JsonToken.VALUE_NULL) {
        parser.skipChildren();
        all = all.and(new PageLinks("", false, true));
      }
    }
    return all;
  }

  private PageLinks and(PageLinks other) {
    boolean two = !next.isEmpty() && !other.next.isEmpty() && !next.equals(other.next);
    return new PageLinks(
        other.next.isEmpty() ? next : other.next,
        lacksUrl || other.lacksUrl,
        unreadable || other.unreadable || two);
  }

  private static PageLinks one(JsonParser parser) throws IOException {
    String relation = "";
    String url = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("relation") && value == JsonToken.VALUE_STRING) {
        relation = parser.getText().strip().toLowerCase(Locale.ROOT);
      } else if (name.equals("url") && value == JsonToken.VALUE_STRING) {
        url = parser.getText().strip();
      } else {
        parser.skipChildren();
      }
    }
    boolean isNext = relation.equals(NEXT);
    return new PageLinks(isNext ? url : "", isNext && url.isEmpty(), relation.isEmpty());
  }
}
