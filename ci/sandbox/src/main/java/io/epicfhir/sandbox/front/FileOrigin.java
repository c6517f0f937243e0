package io.epicfhir.sandbox.front;

import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.RequestLog;

/** What the second listener serves: files of exports, and nothing else. */
public final class FileOrigin implements Service.Answers {
  private final Service.Answers server;
  private final RequestLog log;

  public FileOrigin(Service.Answers server, RequestLog log) {
    this.server = server;
    this.log = log;
  }

  @Override
  public Reply answer(Exchange exchange) {
    if (exchange.request().header("Authorization").isPresent()) {
      log.authorizedAtFileOrigin();
    }
    return exchange.route().kind() == RequestKind.FILE
        ? server.answer(exchange)
        : Outcomes.refused(404, "not-found", "Only files are served here");
  }
}
