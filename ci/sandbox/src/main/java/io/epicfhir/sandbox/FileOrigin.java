package io.epicfhir.sandbox;

/** What the second listener serves: files of exports, and nothing else. */
final class FileOrigin implements Service.Answers {
  private final Service.Answers server;
  private final RequestLog log;

  FileOrigin(Service.Answers server, RequestLog log) {
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
