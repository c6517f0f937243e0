package io.epicfhir.extract.crawl.pages;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;

/**
 * How many matches a search has, by the page.
 *
 * @param number {@link Page#NO_TOTAL} if it has none
 * @param unreadable it has one that is not a number
 */
record PageTotal(long number, boolean unreadable) {
  /** Reads the value that the parser is at: a number, which some servers send as a text. */
  static PageTotal read(JsonParser parser, JsonToken value) throws IOException {
    if (!value.isScalarValue()) {
      parser.skipChildren();
      return new PageTotal(Page.NO_TOTAL, true);
    }
    try {
      return new PageTotal(new BigDecimal(parser.getText().strip()).longValue(), false);
    } catch (NumberFormatException e) {
      return new PageTotal(Page.NO_TOTAL, true);
    }
  }
}
