package io.epicfhir.extract.crawl.fetch;

import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import java.util.List;

/** How a request for a page or a resource ended. */
public sealed interface Answer {
  /** With the page. */
  record Got(Page page) implements Answer {}

  /** The search's session is over: it must begin again. */
  record Expired() implements Answer {}

  /** What was asked for is not there. */
  record Gone() implements Answer {}

  /**
   * The server says no, with this status; or a limit does, with status 0.
   *
   * @param location where a redirect leads; empty where there is none
   */
  record Refused(int status, List<OutcomeCode> codes, String location) implements Answer {
    public static Refused because(int status, String code) {
      return new Refused(status, List.of(new OutcomeCode(true, code)), "");
    }

    public boolean redirect() {
      return status >= 300 && status < 400;
    }

    public List<String> names() {
      return codes.stream().map(OutcomeCode::code).toList();
    }
  }
}
