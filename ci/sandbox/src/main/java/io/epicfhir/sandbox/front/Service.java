package io.epicfhir.sandbox.front;

import io.epicfhir.sandbox.auth.AccessTokens;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.RequestLog;
import io.epicfhir.sandbox.http.Route;
import io.epicfhir.sandbox.http.Urls;
import io.netty.channel.Channel;
import java.time.Clock;
import java.util.Optional;

/** What the fronts talk to: it notes each request at its arrival and has the router answer it. */
public final class Service implements HttpFront.Handler {
  /** From a request to its reply. */
  public interface Answers {
    Reply answer(Exchange exchange);
  }

  private final Answers answers;
  private final RequestLog log;
  private final AccessTokens tokens;
  private final Clock clock;
  private final RetryWindows windows;
  private final String fileOrigin;

  /** {@code fileOrigin} is empty where files are at the front's own origin. */
  public Service(
      Answers answers,
      RequestLog log,
      AccessTokens tokens,
      RetryWindows windows,
      Clock clock,
      String fileOrigin) {
    this.answers = answers;
    this.log = log;
    this.tokens = tokens;
    this.windows = windows;
    this.clock = clock;
    this.fileOrigin = fileOrigin;
  }

  @Override
  public Exchange arrived(Request request, Channel channel, String origin) {
    Route route = Route.of(request.method(), request.path());
    boolean counts = route.kind().needsToken();
    int inFlight = counts ? log.begin() : 0;
    Optional<String> client = counts ? tokens.client(request) : Optional.empty();
    if (client
        .filter(id -> windows.early(id, request, channel.id(), clock.instant()))
        .isPresent()) {
      log.earlyRequest();
    }
    Urls urls = new Urls(origin, fileOrigin.isEmpty() ? origin : fileOrigin);
    return new Exchange(request, route, channel, urls, inFlight, client);
  }

  @Override
  public void answer(Exchange exchange) throws InterruptedException {
    Reply reply = exchange.reply(answers);
    long sent = 0;
    try {
      sent = ReplyWriter.write(exchange.channel(), reply, bytes -> ended(exchange, reply, bytes));
    } finally {
      ended(exchange, reply, sent);
    }
  }

  /** The client has closed the connection: whatever it asked is over for it. */
  @Override
  public void gone(Exchange exchange) {
    if (exchange.leaves() && exchange.route().kind().needsToken()) {
      log.end();
    }
  }

  private void ended(Exchange exchange, Reply reply, long bytes) {
    if (!exchange.ends()) {
      return;
    }
    RequestKind kind = exchange.route().kind();
    exchange
        .client()
        .ifPresent(
            id ->
                windows.open(
                    id, kind, exchange.request(), exchange.channel().id(), reply, clock.instant()));
    gone(exchange);
    log.answered(kind, exchange.request(), reply.status(), bytes);
  }
}
