package io.epicfhir.sandbox;

import io.epicfhir.sandbox.auth.AccessTokens;
import io.epicfhir.sandbox.auth.RegisteredClients;
import io.epicfhir.sandbox.bulk.FileServing;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.front.FileOrigin;
import io.epicfhir.sandbox.front.HttpFront;
import io.epicfhir.sandbox.front.RetryWindows;
import io.epicfhir.sandbox.front.SelfSigned;
import io.epicfhir.sandbox.front.Service;
import io.epicfhir.sandbox.http.RequestLog;
import io.epicfhir.sandbox.http.Urls;
import io.epicfhir.sandbox.store.ResourceStore;
import io.epicfhir.sandbox.store.SiteChanges;
import io.epicfhir.sandbox.store.SiteEvents;
import io.epicfhir.sandbox.store.Ticks;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A FHIR R4 server over a folder of NDJSON with SMART Backend Services, Group export and search. It
 * listens on 127.0.0.1 only.
 */
public final class SandboxServer implements AutoCloseable {
  private final FaultPlan faults;
  private final RequestLog log = new RequestLog();
  private final RegisteredClients clients = new RegisteredClients();
  private final ResourceStore store;
  private final SiteEvents site;
  private final List<HttpFront> fronts = new ArrayList<>();
  private final Urls urls;

  private SandboxServer(SandboxOptions options) throws IOException, InterruptedException {
    Ticks ticks = new Ticks(options.clock);
    faults = new FaultPlan(options.latency);
    clients.register(options.clientId, options.clientKeys);
    SiteChanges changes = new SiteChanges();
    store = new ResourceStore(options.data, ticks, options.behaviours, changes);
    site = new SiteEvents(changes, store);
    String fileOrigin = "";
    AccessTokens tokens = new AccessTokens(options.clock);
    Router router = new Router(store, changes, ticks, faults, log, clients, tokens, options);
    RetryWindows windows = new RetryWindows();
    Clock clock = options.clock;
    Optional<SslContext> tls = Optional.empty();
    if (options.certificate.isPresent()) {
      tls = Optional.of(SelfSigned.make(options.certificate.get()));
    }
    if (options.files.contains(FileServing.OTHER_ORIGIN)) {
      FileOrigin files = new FileOrigin(router, log);
      fronts.add(
          new HttpFront("localhost", 0, tls, new Service(files, log, tokens, windows, clock, "")));
      fileOrigin = fronts.get(0).origin();
    }
    Service service = new Service(router, log, tokens, windows, clock, fileOrigin);
    HttpFront front = new HttpFront("127.0.0.1", options.port, tls, service);
    fronts.add(front);
    urls = new Urls(front.origin(), fileOrigin.isEmpty() ? front.origin() : fileOrigin);
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

  /** Where the files of exports are; the second listener with {@link FileServing#OTHER_ORIGIN}. */
  public String fileOrigin() {
    return urls.fileOrigin();
  }

  /** What was asked. */
  public RequestLog requests() {
    return log;
  }

  /** What is served. */
  public ResourceStore store() {
    return store;
  }

  /** What happens between two nights. */
  public SiteEvents site() {
    return site;
  }

  /** What fails. */
  public FaultPlan faults() {
    return faults;
  }

  /** Who may ask. */
  public RegisteredClients clients() {
    return clients;
  }

  @Override
  public void close() throws IOException {
    fronts.forEach(HttpFront::close);
    store.close();
  }

  /** See {@link SandboxCommand}. */
  public static void main(String[] arguments) throws Exception {
    SandboxCommand.run(arguments);
  }
}
