package io.epicfhir.sandbox.search;

import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.epic.EpicId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Pages after Epic's filtering: shorter than asked, some empty, with a next link all the same; and
 * sessions that are lost. The same search has the same pages each time.
 */
final class EpicPages {
  private static final int EMPTY_IN = 8;
  private static final int LOST_IN = 20;

  private final SearchOptions options;
  private final Set<String> lost = ConcurrentHashMap.newKeySet();

  EpicPages(SearchOptions options) {
    this.options = options;
  }

  /** How many entries this page may have: at most two thirds; the fourth, eighth and so on none. */
  int entries(SearchSessions.Session session) {
    boolean rest = session.from() < session.found().size();
    if (!options.behaves(Behaviour.SHORT_PAGES) || !rest) {
      return session.pageSize();
    }
    boolean empty =
        session.page() == 0 ? dealt(session, "first", EMPTY_IN) : session.page() % 4 == 3;
    return empty ? 0 : Math.max(1, session.pageSize() * 2 / 3);
  }

  /** Whether a next link follows the last entry, to a page without any. */
  boolean endsEmpty(SearchSessions.Session session) {
    return options.behaves(Behaviour.SHORT_PAGES)
        && session.from() < session.found().size()
        && dealt(session, "last", EMPTY_IN);
  }

  /** Once for some searches: the first next link leads nowhere, and works after a new start. */
  boolean expires(SearchSessions.Session session) {
    return options.behaves(Behaviour.SESSIONS_EXPIRE)
        && session.page() == 1
        && dealt(session, "session", LOST_IN)
        && lost.add(session.search());
  }

  private static boolean dealt(SearchSessions.Session session, String what, int in) {
    return EpicId.bucket(what + " " + session.search(), in) == 0;
  }
}
