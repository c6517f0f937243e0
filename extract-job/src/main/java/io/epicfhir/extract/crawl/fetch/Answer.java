package io.epicfhir.extract.crawl.fetch;

import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import java.util.List;

/** How a request for a page or a resource ended. */
public sealed interface Answer {
  /**
   * With the page.
   *
   * @param trace the request's address without ids, and the server's id of the request: what the
   *     server's operator finds it by
   */
  record Got(Page page, String trace) implements Answer {}

  /** The search's session is over: it must begin again. */
  record Expired() implements Answer {}

  /** What was asked for is not there. */
  record Gone() implements Answer {}

  /**
   * The server says no, with this status; or a limit does, with status 0.
   *
   * @param location where a redirect leads; empty where there is none
   * @param said what happened, with the address without ids and the server's id of the request;
   *     empty where no request was refused
   */
  record Refused(int status, List<OutcomeCode> codes, String location, String said)
      implements Answer {
    public static Refused because(int status, String code) {
      return because(status, code, "");
    }

    /** The same, in words for a person. */
    static Refused because(int status, String code, String said) {
      return new Refused(status, List.of(new OutcomeCode(true, code)), "", said);
    }

    public boolean redirect() {
      return status >= 300 && status < 400;
    }

    /**
     * Whether the server failed at the request, or gave no whole answer: a later try may succeed.
     */
    public boolean isServersTrouble() {
      return status >= 500
          || Refusals.PERHAPS_DOWN.contains(status)
          || names().contains(Refusals.BROKEN)
          || names().contains(Refusals.NO_ANSWER);
    }

    public List<String> names() {
      return codes.stream().map(OutcomeCode::code).toList();
    }
  }
}
