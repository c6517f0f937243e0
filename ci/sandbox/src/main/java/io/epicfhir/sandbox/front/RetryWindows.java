package io.epicfhir.sandbox.front;

import io.epicfhir.sandbox.http.HttpDates;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.RequestKind;
import io.netty.channel.ChannelId;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The times during which a client must wait. */
public final class RetryWindows {
  /** Also how long a request that was on its way when the 429 left may still arrive. */
  private static final Duration TOLERANCE = Duration.ofMillis(5);

  /**
   * One Retry-After.
   *
   * @param path what it holds for; empty means everything
   */
  private record Window(
      String path, Instant answered, Instant until, ChannelId channel, String uri) {
    boolean forbids(Request request, ChannelId from, Instant now) {
      boolean knew =
          from.equals(channel)
              || request.uri().equals(uri)
              || !now.isBefore(answered.plus(TOLERANCE));
      return knew && now.isBefore(until) && (path.isEmpty() || path.equals(request.path()));
    }
  }

  private final Map<String, List<Window>> byClient = new HashMap<>();

  /** Notes the Retry-After of a 429 or 503; a garbled one, or a past one, asks for nothing. */
  synchronized void open(
      String client,
      RequestKind kind,
      Request request,
      ChannelId channel,
      Reply reply,
      Instant now) {
    if (reply.status() != 429 && reply.status() != 503) {
      return;
    }
    Optional<Instant> until =
        Optional.ofNullable(reply.headers().get("Retry-After"))
            .flatMap(text -> until(text, now))
            .filter(now::isBefore);
    // "An export is running" says nothing about searches: it holds for that URL.
    boolean own = kind == RequestKind.KICK_OFF || kind == RequestKind.STATUS;
    until.ifPresent(
        end ->
            byClient
                .computeIfAbsent(client, c -> new ArrayList<>())
                .add(new Window(own ? request.path() : "", now, end, channel, request.uri())));
  }

  /** Whether the client sent this though it had to wait. */
  synchronized boolean early(String client, Request request, ChannelId channel, Instant now) {
    List<Window> windows = byClient.computeIfAbsent(client, c -> new ArrayList<>());
    windows.removeIf(window -> !now.isBefore(window.until()));
    return windows.stream().anyMatch(window -> window.forbids(request, channel, now));
  }

  private static Optional<Instant> until(String text, Instant now) {
    try {
      return Optional.of(
          text.matches("\\d{1,9}")
              ? now.plusSeconds(Long.parseLong(text)).minus(TOLERANCE)
              : HttpDates.parse(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
