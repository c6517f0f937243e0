package io.epicfhir.extract.source;

import io.epicfhir.extract.source.RawServer.Answer;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import java.io.IOException;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;

/** A raw server with answers of the test's, and a client of it. */
abstract class HttpCase {
  static final String FHIR = "application/fhir+json";

  RawServer server;
  ClientOf site;

  @AfterEach
  void close() {
    server.close();
  }

  SourceClient open(Function<RawServer.Request, Answer> answers) throws IOException {
    server = new RawServer(answers);
    site = new ClientOf(server.url("/fhir"));
    return site.client();
  }

  Ask ask(String path) {
    return Ask.get("read something", Link.absolute(server.url(path)), FHIR);
  }
}
