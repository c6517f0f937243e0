package io.epicfhir.sandbox.search;

import io.epicfhir.sandbox.lines.StoredLine;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The rests of searches, behind opaque next links. */
final class SearchSessions {
  /** A crawl leaves the links behind that it has followed; only so many are kept. */
  private static final int KEPT = 50_000;

  /**
   * Keeps what the search found at its start.
   *
   * @param search its first request, path and query
   * @param page how many pages came before
   */
  record Session(
      List<StoredLine> found, int from, int pageSize, String search, int page, Instant expires) {
    Session at(List<StoredLine> rest, int position) {
      return new Session(rest, position, pageSize, search, page + 1, expires);
    }
  }

  private final Map<String, Session> sessions =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Session> eldest) {
          return size() > KEPT;
        }
      };
  private final Clock clock;
  private final Duration lifetime;

  SearchSessions(SearchOptions options) {
    this.clock = options.clock();
    this.lifetime = options.searchLifetime();
  }

  Session start(List<StoredLine> found, int pageSize, String search) {
    return new Session(found, 0, pageSize, search, 0, clock.instant().plus(lifetime));
  }

  synchronized String keep(Session session) {
    String id = UUID.randomUUID().toString();
    sessions.put(id, session);
    return id;
  }

  synchronized Optional<Session> find(String id) {
    return Optional.ofNullable(sessions.get(id))
        .filter(session -> clock.instant().isBefore(session.expires()));
  }

  synchronized void expire(String id) {
    sessions.remove(id);
  }
}
