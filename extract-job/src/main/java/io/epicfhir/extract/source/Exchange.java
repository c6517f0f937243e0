package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.apache.http.client.methods.CloseableHttpResponse;

/**
 * One request and its answer: through the gate, to allowed places only, with the token where it
 * belongs, with a new token where the server no longer takes the old one, and along redirects
 * without it.
 */
final class Exchange {
  private static final int MOST_REDIRECTS = 3;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> TOO_MUCH = Set.of(429, 503);

  private final Http http;
  private final boolean signsIn;
  private final SmartBackendAuth auth;
  private final RequestGate gate;
  private final Origins origins;
  private final Clock clock;

  /** Takes in the answer while the request's place is held. */
  interface Receiver<T> {
    T receive(CloseableHttpResponse response) throws IOException, PassingFailure;
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
  }

  <T> T run(Ask ask, Traffic traffic, Receiver<T> receiver) throws IOException, PassingFailure {
    requireAllowed(ask, ask.url());
    Ask now = ask;
    boolean renewed = false;
    for (int hops = 0; ; ) {
      Optional<AccessToken> token =
          signsIn && now.token() ? Optional.of(token(traffic)) : Optional.empty();
      try (RequestGate.Slot slot = gate.enter();
          CloseableHttpResponse response = send(now, token, traffic, slot)) {
        int status = response.getStatusLine().getStatusCode();
        Optional<String> location = Reply.header(response, "Location");
        boolean follow =
            REDIRECTS.contains(status)
                && now.method().equals("GET")
                && location.isPresent()
                && !isAnswer(now, response, location.get());
        if (follow) {
          hops++;
          now = redirected(now, location.get(), hops);
          continue;
        }
        if (status != 401 || renewed || token.isEmpty()) {
          return receiver.receive(response);
        }
      }
      auth.forget(token.get());
      renewed = true;
    }
  }

  /** That the sign-in was refused is no word about what is asked for. */
  private AccessToken token(Traffic traffic) throws IOException, PassingFailure {
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
      slot.refused(
          RetryAfter.of(
              Reply.header(response, "Retry-After"), Reply.header(response, "Date"), clock));
    } else {
      slot.answered(Duration.ofNanos(System.nanoTime() - begin));
    }
    return response;
  }

  /**
   * A redirect that says why in FHIR, or that leads to where the token is needed, is the answer to
   * a search or read: of a merged patient, for example.
   */
  private boolean isAnswer(Ask ask, CloseableHttpResponse response, String location) {
    if (!ask.token() || !origins.atHome(ask.url())) {
      return false;
    }
    boolean fhir = Reply.header(response, "Content-Type").orElse("").contains("fhir");
    return fhir || (signsIn && leadsHome(ask, location));
  }

  private boolean leadsHome(Ask ask, String location) {
    try {
      return origins.atHome(ask.url().resolve(location));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private Ask redirected(Ask ask, String location, int hops) {
    URI target;
    try {
      target = ask.url().resolve(location);
    } catch (IllegalArgumentException e) {
      throw refused(ask, "the server redirects to an unreadable address");
    }
    if (hops > MOST_REDIRECTS) {
      throw refused(ask, "the server redirects more than " + MOST_REDIRECTS + " times");
    }
    requireAllowed(ask, target);
    return ask.to(target).withoutToken();
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
        "Cannot " + ask.what() + ": " + why + "; check with the server's operator");
  }
}
