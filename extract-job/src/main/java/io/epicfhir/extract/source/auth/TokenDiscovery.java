package io.epicfhir.extract.source.auth;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.Answers;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.http.Bodies;
import io.epicfhir.extract.source.http.Http;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.Origins;
import io.epicfhir.extract.source.request.Redirects;
import io.epicfhir.extract.source.request.ShownLink;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.Optional;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where tokens are had: by {@code source.token-url}; else as the server's smart-configuration says;
 * else as its CapabilityStatement says.
 */
final class TokenDiscovery {
  private static final Logger LOG = LoggerFactory.getLogger(TokenDiscovery.class);

  private final SourceSettings settings;
  private final Http http;
  private final Bodies bodies;
  private final Clock clock;
  private final ServerClock serverClock;
  private final Origins origins;
  private int failures;

  TokenDiscovery(
      SourceSettings settings, Http http, Bodies bodies, Clock clock, ServerClock serverClock) {
    this.settings = settings;
    this.http = http;
    this.bodies = bodies;
    this.clock = clock;
    this.serverClock = serverClock;
    this.origins = new Origins(settings.baseUrl(), settings.allowedOrigins());
  }

  /**
   * The token endpoint.
   *
   * @throws DoubtfulAnswer where the server names none
   * @throws JobException {@link ExitCode#REFUSED} where it names one that must not be used
   */
  URI find(Traffic traffic) throws IOException, PassingFailure, DoubtfulAnswer {
    if (settings.tokenEndpoint().url().isPresent()) {
      return settings.tokenEndpoint().url().get();
    }
    URI url = URI.create(settings.baseUrl() + "/.well-known/smart-configuration");
    Reply reply;
    try {
      reply = read(url, "application/json", traffic);
    } catch (PassingFailure e) {
      if (!e.ofRequest() || ++failures < settings.maxTries()) {
        throw e;
      }
      // Some servers answer 500 or 501 for good where there is no such thing.
      SmartConfiguration named = ofMetadata(traffic).orElseThrow(() -> e);
      requireAllowed(named.tokenEndpoint());
      return named.tokenEndpoint();
    }
    Optional<SmartConfiguration> found =
        reply.status() < 300
            ? SmartConfiguration.parse(reply.text(), url, settings.algorithm())
            : Optional.empty();
    if (found.isEmpty()) {
      found = ofMetadata(traffic);
    }
    if (found.isEmpty()) {
      throw new DoubtfulAnswer(
          new JobException(
              ExitCode.REFUSED,
              "Cannot find the server's token endpoint: .well-known/smart-configuration "
                  + (reply.status() < 300 ? "has no token_endpoint" : "returned " + reply.status())
                  + ", and the CapabilityStatement names none; check source.base-url, or set source.token-url to the"
                  + " address that the server's operator gives you"
                  + Answers.requestId(reply)
                  + Ask.get("", url, "").under(settings.baseUrl()).at()),
          Optional.empty());
    }
    requireAllowed(found.get().tokenEndpoint());
    for (String doubt : found.get().doubts()) {
      LOG.warn("{} {}; signing in anyway", ShownLink.of(url, settings.baseUrl()), doubt);
    }
    return found.get().tokenEndpoint();
  }

  private Optional<SmartConfiguration> ofMetadata(Traffic traffic)
      throws IOException, PassingFailure {
    URI metadata = URI.create(settings.baseUrl() + "/metadata");
    Reply statement = read(metadata, "application/fhir+json", traffic);
    return SmartConfiguration.ofCapability(statement.text(), metadata);
  }

  /** Anyone who gets the signed assertion can get a token for it. */
  private void requireAllowed(URI endpoint) {
    if (!origins.allows(endpoint)) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot get an access token: the server names a token endpoint at another origin than"
              + " source.base-url, "
              + ShownLink.of(endpoint, settings.baseUrl())
              + "; if that is correct, set source.token-url to it");
    }
  }

  /** Along redirects; whatever says that there is none is an answer, what may pass is not. */
  private Reply read(URI url, String accept, Traffic traffic) throws IOException, PassingFailure {
    URI at = url;
    for (int hops = 0; ; hops++) {
      Ask ask = Ask.get("read " + url, at, accept).under(settings.baseUrl());
      try (CloseableHttpResponse response = http.send(ask, Optional.empty(), traffic)) {
        Reply reply = bodies.whole(ask.what(), response, traffic, Bodies.LONGEST_METADATA);
        serverClock.told(reply);
        Optional<URI> next = hops < Redirects.MOST ? redirect(at, reply) : Optional.empty();
        if (next.isEmpty()) {
          refuseNone(ask, reply);
          return reply;
        }
        at = next.get();
      }
    }
  }

  private Optional<URI> redirect(URI from, Reply reply) {
    if (!Redirects.is(reply.status())) {
      return Optional.empty();
    }
    try {
      return reply.header("Location").map(l -> Link.resolve(from, l)).filter(origins::allows);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private void refuseNone(Ask ask, Reply reply) throws PassingFailure {
    try {
      Answers.check(ask, reply, clock);
    } catch (PassingFailure e) {
      throw new PassingFailure(
          e.getMessage()
              + " at "
              + ShownLink.of(ask.url(), ask.base())
              + " (where that stays, set source.token-url)",
          e.status(),
          e.ofRequest(),
          e.codes(),
          e.retryAfter());
    } catch (JobException e) {
      if (ServerRefusal.of(e).isEmpty()) {
        throw e;
      }
    }
  }
}
