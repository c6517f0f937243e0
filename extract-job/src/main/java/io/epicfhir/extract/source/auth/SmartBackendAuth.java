package io.epicfhir.extract.source.auth;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.FailureWords;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.http.Bodies;
import io.epicfhir.extract.source.http.Http;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.AccessToken;
import io.epicfhir.extract.source.request.ShownLink;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Access tokens by SMART Backend Services (client credentials with a signed assertion), one at a
 * time for the whole JVM: one thread asks, and all that wait for it get its answer, be it a token
 * or a failure. Else many threads would be many tries without a pause, and a server that is busy
 * for a second would seem to have said no for good. Standard: HL7 SMART App Launch 2.2, "Backend
 * Services".
 */
public final class SmartBackendAuth {
  /** Tries at an answer that is neither a token nor a reason; pauses double between them. */
  private static final int MOST_TRIES = 4;

  private final SourceSettings settings;
  private final Pace pace;
  private final TokenDiscovery discovery;
  private final TokenRequest request;
  private final AtomicLong rounds = new AtomicLong();
  private Failure failure;
  private URI endpoint;
  private AccessToken current;

  /** How a round ended that brought no token. */
  private interface Failure {
    void raise() throws PassingFailure;
  }

  public SmartBackendAuth(SourceSettings settings, Http http, Bodies bodies, Pace pace) {
    this.settings = settings;
    this.pace = pace;
    ServerClock serverClock = new ServerClock(pace.clock());
    this.discovery = new TokenDiscovery(settings, http, bodies, pace.clock(), serverClock);
    this.request = new TokenRequest(settings, http, bodies, pace.clock(), serverClock);
  }

  /**
   * A token that is good for some time yet.
   *
   * @throws PassingFailure without a status, where none can be had now: that says nothing of the
   *     request that the token is for
   * @throws JobException {@link ExitCode#REFUSED} where the server gives none, or one that allows
   *     less than asked
   */
  public AccessToken token(Traffic traffic) throws PassingFailure {
    long seen = rounds.get();
    synchronized (this) {
      if (current != null && pace.clock().instant().isBefore(current.useUntil())) {
        return current;
      }
      if (rounds.get() != seen && failure != null) {
        failure.raise(); // of the round that this thread has waited for
      }
      try {
        failure = null;
        current = signIn(traffic);
        return current;
      } catch (JobException e) {
        // Without the status as cause: it says nothing about what the token was wanted for.
        failure =
            () -> {
              throw new JobException(e.exitCode(), e.getMessage());
            };
        throw new JobException(e.exitCode(), e.getMessage());
      } catch (PassingFailure e) {
        failure =
            () -> {
              throw e;
            };
        throw e;
      } finally {
        rounds.incrementAndGet();
      }
    }
  }

  /** The server no longer takes this token. */
  public synchronized void forget(AccessToken refused) {
    if (refused.equals(current)) {
      current = null;
    }
  }

  /** What fails at the sign-in is its own failure, and not that of a request. */
  private AccessToken signIn(Traffic traffic) throws PassingFailure {
    try {
      return round(traffic);
    } catch (PassingFailure e) {
      throw new PassingFailure("the sign-in failed: " + e.getMessage() + at(), e.retryAfter());
    } catch (IOException e) {
      String why = e instanceof BrokenBody ? e.getMessage() : FailureWords.of(e);
      throw new PassingFailure("the sign-in failed: " + why + at(), Optional.empty());
    }
  }

  /** Where a token was asked for, for messages; discovery names its own addresses. */
  private String at() {
    return endpoint == null ? "" : " at " + ShownLink.of(endpoint, settings.baseUrl());
  }

  /** A few tries, with pauses, while all other threads wait. */
  private AccessToken round(Traffic traffic) throws IOException, PassingFailure {
    for (int tries = 1; ; tries++) {
      try {
        if (endpoint == null) {
          endpoint = discovery.find(traffic);
        }
        return request.send(endpoint, traffic);
      } catch (DoubtfulAnswer e) {
        Duration pause = settings.firstPause().multipliedBy(1L << (tries - 1));
        Duration wait = e.retryAfter().filter(w -> w.compareTo(pause) > 0).orElse(pause);
        if (tries >= MOST_TRIES) {
          throw e.refusal();
        }
        if (wait.compareTo(settings.retryBudget()) > 0) {
          throw new PassingFailure(
              "the token endpoint asked to retry much later (Retry-After)", Optional.of(wait));
        }
        pace.pause(wait);
        traffic.retried();
      }
    }
  }
}
