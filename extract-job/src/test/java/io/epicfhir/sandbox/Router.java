package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;

/** From a request to its reply: faults, limits, token, endpoint. */
final class Router {
  private final ResourceStore store;
  private final FaultPlan faults;
  private final RequestLog log;
  private final SandboxOptions options;
  private final AccessTokens tokens;
  private final TokenEndpoint tokenEndpoint;
  private final BulkExports exports;
  private final SearchEndpoint search;
  private final Capabilities capabilities;

  Router(
      ResourceStore store,
      Ticks ticks,
      FaultPlan faults,
      RequestLog log,
      RegisteredClients clients,
      SandboxOptions options) {
    this.store = store;
    this.faults = faults;
    this.log = log;
    this.options = options;
    this.tokens = new AccessTokens(options.clock);
    this.tokenEndpoint =
        new TokenEndpoint(new ClientAssertion(clients, options.clock), tokens, options, log);
    this.exports = new BulkExports(store, ticks, options, faults, log);
    this.search = new SearchEndpoint(store, options);
    this.capabilities = new Capabilities(store);
  }

  Reply answer(Request request, Route route, Urls urls, int inFlight) {
    return reply(request, route, urls, inFlight).with("Date", HttpDates.now(options.clock));
  }

  private Reply reply(Request request, Route route, Urls urls, int inFlight) {
    if (route.kind() == RequestKind.ADMIN) {
      return admin(request, route.id());
    }
    pause(faults.latency());
    Optional<Fault.OnRequest> fault = faults.onRequest(route.kind(), route.type());
    if (fault.isPresent()) {
      return failing(fault.get(), request, route, urls, inFlight);
    }
    return right(request, route, urls, inFlight);
  }

  private Reply failing(
      Fault.OnRequest fault, Request request, Route route, Urls urls, int inFlight) {
    if (fault instanceof Fault.Answer answer) {
      return answer.reply();
    }
    if (fault instanceof Fault.Delay delay) {
      pause(delay.duration());
    }
    if (fault instanceof Fault.ExpireToken) {
      tokens.expire(request);
    }
    Reply reply = right(request, route, urls, inFlight);
    return fault instanceof Fault.Cut cut ? reply.ending(cut.ending()) : reply;
  }

  private Reply right(Request request, Route route, Urls urls, int inFlight) {
    if (!route.kind().needsToken()) {
      return open(request, route, urls);
    }
    if (inFlight > options.maxInFlight) {
      log.overTheLimit();
      return Outcomes.refused(429, "throttled", "More requests in flight than allowed")
          .with("Retry-After", "1");
    }
    Optional<AccessTokens.Grant> grant = tokens.grant(request);
    if (grant.isEmpty()) {
      return Outcomes.refused(401, "login", "The access token is missing, unknown or expired")
          .with("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    }
    return protectedBy(grant.get(), request, route, urls);
  }

  private Reply open(Request request, Route route, Urls urls) {
    return switch (route.kind()) {
      case TOKEN -> tokenEndpoint.token(request, urls.token());
      case DISCOVERY -> capabilities.smart(urls.token());
      default -> capabilities.metadata(urls.fhirBase());
    };
  }

  private Reply protectedBy(AccessTokens.Grant grant, Request request, Route route, Urls urls) {
    String client = grant.clientId();
    return switch (route.kind()) {
      case KICK_OFF -> exports.kickOff(request, grant, route.id(), urls);
      case STATUS -> exports.status(route.id(), client, urls);
      case FILE -> exports.file(request, route.id(), route.file(), client);
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
        ? search.read(route.type(), route.id())
        : search.search(request, route.type(), urls);
  }

  private Reply admin(Request request, String what) {
    if (!request.client().isLoopbackAddress()) {
      return new Reply(403);
    }
    return switch (request.method() + " " + what) {
      case "POST reload" -> reload();
      case "GET requests" -> Reply.json(200, log.toJson());
      case "DELETE requests" -> {
        log.clear();
        yield new Reply(204);
      }
      case "GET counts" -> {
        ObjectNode counts = Json.object();
        store.counts().forEach(counts::put);
        yield Reply.json(200, counts);
      }
      default -> new Reply(404);
    };
  }

  private Reply reload() {
    try {
      ResourceStore.Reload reload = store.reload();
      return Reply.json(
          200,
          Json.object()
              .put("created", reload.created())
              .put("changed", reload.changed())
              .put("deleted", reload.deleted()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
