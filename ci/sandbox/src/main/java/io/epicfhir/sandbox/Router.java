package io.epicfhir.sandbox;

import io.epicfhir.sandbox.admin.Admin;
import io.epicfhir.sandbox.admin.ReachOracle;
import io.epicfhir.sandbox.admin.SiteAdmin;
import io.epicfhir.sandbox.auth.AccessTokens;
import io.epicfhir.sandbox.auth.ClientAssertion;
import io.epicfhir.sandbox.auth.RegisteredClients;
import io.epicfhir.sandbox.auth.TokenEndpoint;
import io.epicfhir.sandbox.bulk.BulkExports;
import io.epicfhir.sandbox.bulk.FileServing;
import io.epicfhir.sandbox.bulk.SignedLinks;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.front.Exchange;
import io.epicfhir.sandbox.front.Service;
import io.epicfhir.sandbox.http.HttpDates;
import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.RequestLog;
import io.epicfhir.sandbox.http.Route;
import io.epicfhir.sandbox.http.Urls;
import io.epicfhir.sandbox.search.PatientAccess;
import io.epicfhir.sandbox.search.ReadEndpoint;
import io.epicfhir.sandbox.search.SearchEndpoint;
import io.epicfhir.sandbox.search.SearchOptions;
import io.epicfhir.sandbox.search.SearchParameters;
import io.epicfhir.sandbox.store.Groups;
import io.epicfhir.sandbox.store.ResourceStore;
import io.epicfhir.sandbox.store.ResourceTypes;
import io.epicfhir.sandbox.store.SiteChanges;
import io.epicfhir.sandbox.store.SiteEvents;
import io.epicfhir.sandbox.store.Ticks;
import java.time.Duration;
import java.util.Optional;

/** From a request to its reply: faults, limits, token, endpoint. */
final class Router implements Service.Answers {
  private final FaultPlan faults;
  private final RequestLog log;
  private final SandboxOptions options;
  private final AccessTokens tokens;
  private final TokenEndpoint tokenEndpoint;
  private final BulkExports exports;
  private final SearchEndpoint search;
  private final ReadEndpoint reads;
  private final SignedLinks links = new SignedLinks();
  private final Capabilities capabilities;
  private final Admin admin;

  Router(
      ResourceStore store,
      SiteChanges changes,
      Ticks ticks,
      FaultPlan faults,
      RequestLog log,
      RegisteredClients clients,
      AccessTokens tokens,
      SandboxOptions options) {
    this.faults = faults;
    this.log = log;
    this.options = options;
    this.tokens = tokens;
    this.tokenEndpoint =
        new TokenEndpoint(
            new ClientAssertion(clients, options.clock),
            tokens,
            options.tokens(),
            log,
            ResourceTypes::all);
    Groups groups = options.siteGroups(changes);
    this.exports = new BulkExports(store, groups, ticks, options.exports(), faults, log);
    log.exports(exports::kept);
    SearchOptions searches = options.searches();
    PatientAccess access = new PatientAccess(changes);
    this.search = new SearchEndpoint(store, access, faults, searches);
    this.reads = new ReadEndpoint(store, groups, access, searches);
    this.capabilities = new Capabilities(store, new SearchParameters(searches));
    ReachOracle oracle = new ReachOracle(store, groups, options.behaviours);
    this.admin =
        new Admin(
            store,
            options.groupId,
            oracle,
            new SiteAdmin(new SiteEvents(changes, store)),
            log,
            faults);
  }

  @Override
  public Reply answer(Exchange exchange) {
    return reply(exchange).with("Date", HttpDates.now(options.clock));
  }

  private Reply reply(Exchange exchange) {
    Route route = exchange.route();
    if (route.kind() == RequestKind.ADMIN) {
      return admin.answer(exchange.request(), route.id());
    }
    pause(faults.latency());
    Optional<Fault.OnRequest> fault = faults.onRequest(route.kind(), route.type());
    return fault.isPresent() ? failing(fault.get(), exchange) : right(exchange);
  }

  private Reply failing(Fault.OnRequest fault, Exchange exchange) {
    if (fault instanceof Fault.Answer answer) {
      return answer.reply();
    }
    if (fault instanceof Fault.Delay delay) {
      pause(delay.duration());
    }
    if (fault instanceof Fault.ExpireToken) {
      tokens.expire(exchange.request());
    }
    Reply reply = right(exchange);
    if (fault instanceof Fault.Cut cut) {
      return reply.ending(cut.ending());
    }
    if (fault instanceof Fault.ContentType type) {
      return reply.with("Content-Type", type.value());
    }
    return fault instanceof Fault.GzipBomb bomb ? bomb.of(reply) : reply;
  }

  private Reply right(Exchange exchange) {
    RequestKind kind = exchange.route().kind();
    if (!kind.needsToken()) {
      return open(exchange.request(), kind, exchange.urls());
    }
    if (exchange.inFlight() > options.maxInFlight) {
      log.overTheLimit();
      return Outcomes.refused(429, "throttled", "More requests in flight than allowed")
          .with("Retry-After", "1");
    }
    if (kind == RequestKind.FILE && links.signs(exchange.request())) {
      return links.answer(exchange.request(), exchange.route(), exports);
    }
    if (kind == RequestKind.FILE && options.files.contains(FileServing.OPEN)) {
      Route route = exchange.route();
      return exports.file(exchange.request(), route.id(), route.file(), Optional.empty());
    }
    Optional<AccessTokens.Grant> grant = tokens.grant(exchange.request());
    if (grant.isEmpty()) {
      return Outcomes.refused(401, "login", "The access token is missing, unknown or expired")
          .with("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    }
    return protectedBy(grant.get(), exchange.request(), exchange.route(), exchange.urls());
  }

  private Reply open(Request request, RequestKind kind, Urls urls) {
    return switch (kind) {
      case TOKEN -> tokenEndpoint.token(request, urls.token());
      case DISCOVERY -> capabilities.smart(urls.token());
      default -> capabilities.metadata(urls.fhirBase());
    };
  }

  private Reply protectedBy(AccessTokens.Grant grant, Request request, Route route, Urls urls) {
    String client = grant.clientId();
    return switch (route.kind()) {
      case KICK_OFF -> exports.kickOff(request, grant, route.id(), urls);
      case STATUS -> exports.status(request, route.id(), client, urls);
      case FILE ->
          options.behaves(Behaviour.SIGNED_FILE_LINKS)
              ? links.redirect(request, urls)
              : exports.file(request, route.id(), route.file(), Optional.of(client));
      case DELETE -> exports.delete(route.id(), client);
      case SEARCH, READ -> resources(grant, request, route, urls);
      default -> Outcomes.refused(404, "not-found", "Nothing is served here");
    };
  }

  private Reply resources(AccessTokens.Grant grant, Request request, Route route, Urls urls) {
    if (!grant.scopes().allows(route.type())) {
      return Outcomes.refused(403, "forbidden", "The token's scope does not cover this type");
    }
    return route.kind() == RequestKind.READ
        ? reads.read(request, route.type(), route.id(), urls)
        : search.search(request, route.type(), urls);
  }

  private static void pause(Duration duration) {
    if (duration.isZero()) {
      return;
    }
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
