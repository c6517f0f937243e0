package io.epicfhir.sandbox.search;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.faults.FaultPlan;
import io.epicfhir.sandbox.faults.PageFault;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.Urls;
import io.epicfhir.sandbox.lines.LineReader;
import io.epicfhir.sandbox.lines.StoredLine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The pages of searches, and what is planned to go wrong between them. */
final class SearchPages {
  static final String PARAMETER = "_page";

  private final SearchSessions sessions;
  private final FaultPlan faults;
  private final EpicPages epic;

  SearchPages(SearchSessions sessions, FaultPlan faults, SearchOptions options) {
    this.sessions = sessions;
    this.faults = faults;
    this.epic = new EpicPages(options);
  }

  Reply following(Request request, String type, Urls urls) {
    String id = String.join(",", request.query().get(PARAMETER));
    Optional<SearchSessions.Session> session = sessions.find(id);
    if (session.isEmpty()) {
      return expired(410);
    }
    if (epic.expires(session.get())) {
      sessions.expire(id);
      return expired(410);
    }
    Optional<PageFault.ExpireSearch> fault =
        faults.take(PageFault.ExpireSearch.class, RequestKind.SEARCH, type);
    if (fault.isPresent()) {
      sessions.expire(id);
      return expired(fault.get().status());
    }
    return page(request, type, session.get(), Json.object(), urls);
  }

  private static Reply expired(int status) {
    return Reply.fhir(
        status, Outcomes.outcome("fatal", "expired", "4113", "The search session is expired"));
  }

  Reply page(
      Request request,
      String type,
      SearchSessions.Session session,
      ObjectNode warnings,
      Urls urls) {
    List<StoredLine> found = session.found();
    Optional<PageFault.ShortPage> cut =
        faults.take(PageFault.ShortPage.class, RequestKind.SEARCH, type);
    boolean inserted = cut.filter(fault -> fault.entries() == 0).isPresent();
    int entries = cut.map(PageFault.ShortPage::entries).orElse(epic.entries(session));
    int to = (int) Math.min(found.size(), (long) session.from() + entries);
    SearchPage page = new SearchPage(urls.origin() + request.uri());
    if (to < found.size() || inserted || epic.endsEmpty(session)) {
      page.next(urls.fhirBase() + "/" + type + "?" + PARAMETER + "=" + next(type, session, to));
    }
    try (LineReader reader = new LineReader()) {
      for (StoredLine line : found.subList(session.from(), to)) {
        page.match(urls.fhirBase() + "/" + line.key(), line.piece(reader));
      }
    }
    if (found.isEmpty() && !inserted) {
      warnings.put("resourceType", "OperationOutcome");
      Outcomes.add(
          warnings, "warning", "not-found", "4101", "Resource request returns no results.");
    }
    if (!warnings.isEmpty()) {
      page.outcome(warnings);
    }
    faults
        .take(PageFault.OutcomeEntry.class, RequestKind.SEARCH, type)
        .ifPresent(fault -> page.outcome(fault.outcome()));
    return Reply.of(200, "application/fhir+json").body(page.pieces());
  }

  private String next(String type, SearchSessions.Session session, int to) {
    boolean border = to > session.from() && to < session.found().size();
    if (border && faults.take(PageFault.ShiftPage.class, RequestKind.SEARCH, type).isPresent()) {
      return sessions.keep(session.at(shifted(session.found(), to), 0));
    }
    return sessions.keep(session.at(session.found(), to));
  }

  /** As after a change of the order: the last entry once more, then the rest in another order. */
  private static List<StoredLine> shifted(List<StoredLine> found, int to) {
    List<StoredLine> rest = new ArrayList<>(found.subList(to, found.size()));
    Collections.rotate(rest, 1);
    rest.add(0, found.get(to - 1));
    return rest;
  }
}
