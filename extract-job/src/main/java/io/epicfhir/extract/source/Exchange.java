package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.RetryAfter;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.auth.SmartBackendAuth;
import io.epicfhir.extract.source.http.Http;
import io.epicfhir.extract.source.pace.RequestGate;
import io.epicfhir.extract.source.request.AccessToken;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.Origins;
import io.epicfhir.extract.source.request.Redirects;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.http.client.methods.CloseableHttpResponse;

/**
 * One request and its answer: through the gate, to allowed places only, with the token where it
 * belongs, with a new token where the server no longer takes the old one, and along redirects. The
 * token goes along only while they stay at the FHIR base's origin.
 */
final class Exchange {
  private static final int TOO_MANY = 429;
  private static final Set<Integer> TOO_MUCH = Set.of(TOO_MANY, 503);

  /** A gateway's, without a word of the server behind it. */
  private static final Set<Integer> NO_SERVER = Set.of(502, 504);

  private final Http http;
  private final boolean signsIn;
  private final SmartBackendAuth auth;
  private final RequestGate gate;
  private final Origins origins;
  private final Clock clock;

  /** What the server gave last; its metadata before that. */
  private volatile Ask served;

  /** Takes in the answer while the request's place is held. */
  interface Receiver<T> {
    /** The answer of an address, which is the one at the end of all redirects. */
    T receive(CloseableHttpResponse response, URI from) throws IOException, PassingFailure;
  }

  Exchange(
      Http http,
      SourceSettings settings,
      SmartBackendAuth auth,
      RequestGate gate,
      Origins origins,
      Clock clock) {
    this.http = http;
    this.signsIn = settings.signIn() != SourceSettings.SignIn.NONE;
    this.auth = auth;
    this.gate = gate;
    this.origins = origins;
    this.clock = clock;
    URI metadata = URI.create(settings.baseUrl() + "/metadata");
    this.served = Ask.get("read " + metadata, metadata, "application/fhir+json").withToken();
  }

  <T> T run(Ask ask, Redirects redirects, Traffic traffic, Receiver<T> receiver)
      throws IOException, PassingFailure {
    requireAllowed(ask, ask.url());
    Ask now = ask;
    boolean renewed = false;
    for (int hops = 0; ; ) {
      Optional<AccessToken> token =
          signsIn && now.token() ? Optional.of(token(traffic)) : Optional.empty();
      try (RequestGate.Slot slot = gate.enter(ask.what());
          CloseableHttpResponse response = send(now, token, traffic, slot)) {
        int status = response.getStatusLine().getStatusCode();
        Optional<Ask> next = redirected(now, redirects, response);
        if (next.isPresent()) {
          hops++;
          now = next.get();
          if (hops > Redirects.MOST) {
            throw ServerRefusal.because(
                status,
                List.of(),
                "Cannot "
                    + ask.what()
                    + ": the server redirects more than "
                    + Redirects.MOST
                    + " times; ask the server's operator why"
                    + ask.at());
          }
          continue;
        }
        if (status != 401 || renewed || token.isEmpty()) {
          return receiver.receive(response, now.url());
        }
      }
      auth.forget(token.get());
      renewed = true;
    }
  }

  /** That the sign-in was refused is no word about what is asked for. */
  private AccessToken token(Traffic traffic) throws PassingFailure {
    try {
      return auth.token(traffic);
    } catch (JobException e) {
      throw new JobException(e.exitCode(), e.getMessage(), e);
    }
  }

  private CloseableHttpResponse send(
      Ask ask, Optional<AccessToken> token, Traffic traffic, RequestGate.Slot slot)
      throws IOException {
    long begin = System.nanoTime();
    CloseableHttpResponse response = http.send(ask, token, traffic);
    int status = response.getStatusLine().getStatusCode();
    if (TOO_MUCH.contains(status)) {
      traffic.refused();
      boolean alone = ask.alone() && (status == TOO_MANY || ask.repeatable());
      slot.refused(alone ? Optional.empty() : wait(response), () -> servedAgain(traffic));
    } else if (!NO_SERVER.contains(status)) {
      slot.answered(Duration.ofNanos(System.nanoTime() - begin));
      boolean again = status == 200 && ask.method().equals("GET") && !ask.alone();
      served = again ? ask : served;
    }
    return response;
  }

  private Optional<Duration> wait(CloseableHttpResponse response) {
    return RetryAfter.of(
        Reply.header(response, "Retry-After"), Reply.header(response, "Date"), clock);
  }

  /** Asks again for what the server served last, or for its metadata; the body is left unread. */
  private Optional<Duration> servedAgain(Traffic traffic) throws IOException {
    Ask ask = served;
    try {
      Optional<AccessToken> token =
          signsIn && ask.token() ? Optional.of(auth.token(traffic)) : Optional.empty();
      try (CloseableHttpResponse response = http.send(ask, token, traffic)) {
        int status = response.getStatusLine().getStatusCode();
        if (NO_SERVER.contains(status)) {
          throw new IOException("the gateway has no server");
        }
        return TOO_MUCH.contains(status)
            ? Optional.of(wait(response).orElse(Duration.ZERO))
            : Optional.empty();
      }
    } catch (PassingFailure | JobException e) {
      throw new IOException("no answer of the server", e);
    }
  }

  /** Where a redirect leads; empty where the answer is to be taken as it is. */
  private Optional<Ask> redirected(Ask ask, Redirects redirects, CloseableHttpResponse response) {
    Optional<String> location = Reply.header(response, "Location");
    boolean redirect = Redirects.is(response.getStatusLine().getStatusCode());
    if (!redirect || !ask.method().equals("GET") || location.isEmpty()) {
      return Optional.empty();
    }
    URI target;
    try {
      target = Link.resolve(ask.url(), location.get());
    } catch (IllegalArgumentException e) {
      throw refused(ask, "the server redirects to an unreadable address");
    }
    if (!redirects.follows(ask.url(), target)) {
      return Optional.empty();
    }
    requireAllowed(ask, target);
    boolean stays = origins.atHome(ask.url()) && origins.atHome(target);
    return Optional.of(stays ? ask.to(target) : ask.to(target).withoutToken());
  }

  private void requireAllowed(Ask ask, URI url) {
    if (!origins.allows(url)) {
      throw refused(
          ask,
          "it leads to "
              + url.getScheme()
              + "://"
              + url.getAuthority()
              + ", which is neither the origin of source.base-url nor in source.allowed-origins");
    }
  }

  private static JobException refused(Ask ask, String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot " + ask.what() + ": " + why + "; ask the server's operator" + ask.at());
  }
}
