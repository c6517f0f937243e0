package io.epicfhir.sandbox;

import io.netty.channel.Channel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * A FHIR R4 server over a folder of NDJSON with SMART Backend Services, Group export and search. It
 * listens on 127.0.0.1 only.
 */
public final class SandboxServer implements AutoCloseable {
  private final FaultPlan faults;
  private final RequestLog log = new RequestLog();
  private final RegisteredClients clients = new RegisteredClients();
  private final ResourceStore store;
  private final Router router;
  private final HttpFront front;
  private final Urls urls;

  private SandboxServer(SandboxOptions options) throws IOException, InterruptedException {
    Ticks ticks = new Ticks(options.clock);
    faults = new FaultPlan(options.latency);
    clients.register(options.clientId, options.clientKeys);
    store = new ResourceStore(options.data, ticks);
    router = new Router(store, ticks, faults, log, clients, options);
    front = new HttpFront(options.port, this::handle);
    urls = new Urls("http://127.0.0.1:" + front.port());
  }

  /** Loads the data and listens. */
  public static SandboxServer start(SandboxOptions options) throws IOException {
    try {
      return new SandboxServer(options);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Cannot start the sandbox: interrupted", e);
    }
  }

  /** The FHIR base URL, without a slash at its end. */
  public String baseUrl() {
    return urls.fhirBase();
  }

  /** Where {@code /sandbox/reload} and the other admin paths are. */
  public String origin() {
    return urls.origin();
  }

  /** What was asked. */
  public RequestLog requests() {
    return log;
  }

  /** What is served. */
  public ResourceStore store() {
    return store;
  }

  /** What fails. */
  public FaultPlan faults() {
    return faults;
  }

  /** Who may ask. */
  public RegisteredClients clients() {
    return clients;
  }

  private void handle(Request request, Channel channel) throws InterruptedException {
    int inFlight = log.begin();
    Route route = Route.of(request.method(), request.path());
    Reply reply;
    try {
      reply = router.answer(request, route, urls, inFlight);
    } catch (RuntimeException e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      reply = Reply.text(500, "text/plain", "Defect of the sandbox: " + trace);
    }
    long bytes = 0;
    try {
      bytes = ReplyWriter.write(channel, reply);
    } finally {
      log.end(route.kind(), request, reply.status(), bytes);
    }
  }

  @Override
  public void close() throws IOException {
    front.close();
    store.close();
  }

  /** See {@link SandboxCommand}. */
  public static void main(String[] arguments) throws Exception {
    SandboxCommand.run(arguments);
  }
}
