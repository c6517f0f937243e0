package io.epicfhir.extract.preflight;

import io.epicfhir.extract.ExtractSettings;
import io.epicfhir.extract.ExtractSettings.By;
import io.epicfhir.extract.crawl.SearchTrials;
import io.epicfhir.extract.preflight.Finding.State;
import io.epicfhir.extract.source.Ask;
import io.epicfhir.extract.source.Capability;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.Traffic;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Tries at a site what the settings ask for, and says which settings fit. */
public final class SiteCheck {
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);
  private static final int LONGEST_GROUP = 64 << 20;

  private final ExtractSettings settings;
  private final SourceClient client;
  private final Traffic traffic;
  private final Findings findings = new Findings();
  private final List<String> advice = new ArrayList<>();
  private final State withoutSearch;
  private boolean exportListed;

  /** By this client. */
  public SiteCheck(ExtractSettings settings, SourceClient client, Traffic traffic) {
    this.settings = settings;
    this.client = client;
    this.traffic = traffic;
    this.withoutSearch = settings.by() == By.CRAWL ? State.FAILS : State.LIMITED;
  }

  /** Tries all; nothing that fails keeps the rest from being tried where it can be. */
  public Findings run() {
    boolean in = findings.attempt("sign-in", this::signIn).isPresent();
    Optional<ServerFacts> facts = findings.attempt("metadata", this::metadata);
    facts.ifPresent(this::tell);
    if (in) {
      settings.bulk().groups().forEach(this::group);
      searches();
    } else {
      findings.add("searches", State.NOT_TRIED, "there is no access token to try them with");
    }
    findings.add(
        "_since, _typeFilter, files",
        State.LIMITED,
        "only an export can show whether they work, and where its files lie: see the notes of the"
            + " first runs");
    return findings;
  }

  /** Lines for pipeline.conf, with their reasons. */
  public List<String> settings() {
    return List.copyOf(advice);
  }

  private boolean signIn() {
    Set<String> types = new TreeSet<>(settings.bulk().types());
    if (settings.by() == By.CRAWL) {
      types = new TreeSet<>(settings.crawl().searches().keySet());
    }
    Optional<String> unchecked = client.authenticate(traffic, types);
    findings.add("sign-in", State.WORKS, unchecked.orElse("the scopes are granted"));
    return true;
  }

  private ServerFacts metadata() {
    Instant before = Instant.now();
    String server = Capability.check(client, settings.source(), traffic);
    findings.add("metadata", State.WORKS, server.isEmpty() ? "FHIR R4" : "FHIR R4, " + server);
    return ServerFacts.of(client.metadata(traffic), before);
  }

  private void tell(ServerFacts facts) {
    facts
        .clockAhead()
        .ifPresentOrElse(
            ahead ->
                findings.add(
                    "clock",
                    ahead.abs().compareTo(CLOCK_TOLERANCE) > 0 ? State.FAILS : State.WORKS,
                    "the server's and this machine's differ by " + ahead.abs().toSeconds() + " s"),
            () -> findings.add("clock", State.LIMITED, "the server's answers have no Date"));
    exportListed = facts.groupExport();
    findings.add(
        "export of groups",
        exportListed ? State.WORKS : State.LIMITED,
        exportListed
            ? "the server lists it"
            : "the server does not list it; ask its operator whether the application may use it");
  }

  /** An export needs no right to read the group; a crawl of its members does. */
  private void group(String group) {
    String what = "group " + group;
    boolean needed = settings.by() == By.CRAWL && settings.crawl().crawlsGroup(group);
    URI url =
        URI.create(
            settings.source().baseUrl()
                + "/Group/"
                + URLEncoder.encode(group, StandardCharsets.UTF_8));
    findings
        .attempt(
            what,
            needed ? State.FAILS : State.LIMITED,
            () -> client.fetch(Ask.get("read " + what, url, FHIR), traffic, LONGEST_GROUP))
        .ifPresent(reply -> findings.add(what, State.WORKS, "it can be read"));
  }

  private static final String FHIR = "application/fhir+json";

  private void searches() {
    SearchTrials trials = new SearchTrials(settings.crawl(), settings.source(), client, traffic);
    State none = settings.by() == By.CRAWL ? State.NOT_TRIED : State.LIMITED;
    Optional<String> patient = findings.attempt("a patient", none, trials::patient);
    if (patient.isEmpty()) {
      findings.add(
          "searches",
          none,
          "there is no patient to try them with; set crawl.patients, also for bulk");
      advise(null, false);
      return;
    }
    Optional<List<SearchTrials.Trial>> tried =
        findings.attempt("searches", withoutSearch, () -> trials.of(patient.get()));
    Optional<Boolean> byChange =
        findings.attempt(
            "search by _lastUpdated", State.LIMITED, () -> trials.searchesByChange(patient.get()));
    byChange.ifPresent(
        yes ->
            findings.add(
                "search by _lastUpdated",
                yes ? State.WORKS : State.LIMITED,
                yes ? "of Patient" : "not of Patient: leave crawl.changed-since empty"));
    if (tried.isPresent()) {
      SearchFindings searches = new SearchFindings(tried.get(), withoutSearch);
      searches.tell(findings);
      advise(searches, byChange.orElse(false));
    }
  }

  private void advise(SearchFindings searches, boolean byChange) {
    boolean crawlFits = searches != null && searches.refusedTypes().isEmpty();
    if (exportListed) {
      advice.add("extract.by = \"bulk\"  # the server lists the export of groups");
    } else if (crawlFits) {
      advice.add("extract.by = \"crawl\"  # no export is listed, and the searches work");
    }
    if (searches == null) {
      return;
    }
    if (searches.resources() > 0 && searches.dated() == 0) {
      advice.add(
          "bulk.mode = \"full\"  # no resource has meta.lastUpdated: _since would miss changes, or be"
              + " ignored");
    }
    searches
        .refusedTypes()
        .forEach(
            type ->
                advice.add(
                    "crawl.searches."
                        + type
                        + " = []  # all of its searches were refused: mend the rights, or leave it"
                        + " out"));
    if (byChange) {
      advice.add(
          "# crawl.changed-since { Patient = \"_lastUpdated=ge{since}\" } can narrow a crawl");
    }
  }
}
