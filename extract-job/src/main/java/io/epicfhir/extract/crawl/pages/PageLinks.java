package io.epicfhir.extract.crawl.pages;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * The links of a page.
 *
 * @param next where the next page is; empty where the page is the last one
 * @param lacksUrl the page says that there is a next one, and not where
 */
record PageLinks(String next, boolean lacksUrl) {
  /** Reads the list that the parser is at, to its end. */
  static PageLinks read(JsonParser parser) throws IOException {
    String next = "";
    boolean lacksUrl = false;
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
      if (relation.equals("next")) {
        next = url.strip();
        lacksUrl |= next.isEmpty();
      }
    }
    return new PageLinks(next, lacksUrl);
  }
}
