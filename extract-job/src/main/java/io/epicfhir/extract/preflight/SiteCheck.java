package io.epicfhir.extract.preflight;

import io.epicfhir.extract.crawl.search.SearchTrials;
import io.epicfhir.extract.preflight.Finding.State;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.settings.ExtractSettings.By;
import io.epicfhir.extract.source.Capability;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.Traffic;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tries at a site what the settings ask for, and says which settings fit. */
public final class SiteCheck {
  private static final String FHIR = "application/fhir+json";
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
    Instant before = Instant.now();
    findings
        .attempt("metadata", () -> Capability.check(client, settings.source(), traffic))
        .ifPresent(capability -> tell(capability, before));
    if (in) {
      settings.bulk().groups().forEach(this::group);
      searches();
    } else {
      findings.add("searches", State.NOT_TRIED, "there is no access token to try them with");
    }
    findings.add(
        "_since, _typeFilter, files",
        State.LIMITED,
        "only an export can show whether they work, and where its files are: see the notes of the"
            + " first runs");
    return findings;
  }

  /** Lines for pipeline.conf, with their reasons. */
  public List<String> settings() {
    return List.copyOf(advice);
  }

  private boolean signIn() {
    Optional<String> unchecked = client.authenticate(traffic, settings.types());
    findings.add("sign-in", State.WORKS, unchecked.orElse("the scopes are granted"));
    return true;
  }

  private void tell(Capability capability, Instant before) {
    String server = capability.server();
    findings.add("metadata", State.WORKS, server.isEmpty() ? "FHIR R4" : "FHIR R4, " + server);
    capability
        .date()
        .ifPresentOrElse(
            date -> clock(Duration.between(before, date).abs()),
            () ->
                findings.add("clock", State.LIMITED, "the server's responses have no Date header"));
    exportListed = capability.exportsGroups();
    findings.add(
        "export of groups",
        exportListed ? State.WORKS : State.LIMITED,
        exportListed
            ? "the server lists it"
            : "the server does not list it; ask its operator whether the client may use it");
    types(new ListedTypes(settings.bulk().types(), capability.types()));
  }

  /** A server may refuse an export that names a type which it does not have. */
  private void types(ListedTypes types) {
    List<String> unlisted = types.unlisted();
    findings.add(
        "types",
        unlisted.isEmpty() ? State.WORKS : State.LIMITED,
        unlisted.isEmpty()
            ? "the server lists all of bulk.types"
            : "the server does not list " + String.join(", ", unlisted) + " of bulk.types");
    if (!unlisted.isEmpty()) {
      advice.add(types.setting() + "  # only the types that the server lists");
    }
    if (!types.notAskedFor().isEmpty()) {
      advice.add(
          "# you can add these to bulk.types (the server lists them and conf/views has their"
              + " tables): "
              + String.join(", ", types.notAskedFor()));
    }
  }

  private void clock(Duration apart) {
    boolean far = apart.compareTo(settings.source().clockTolerance()) > 0;
    findings.add(
        "clock",
        far ? State.FAILS : State.WORKS,
        "the server's clock and this machine's clock differ by " + apart.toSeconds() + " s");
  }

  /** An export needs no right to read the group; a crawl of its members does. */
  private void group(String group) {
    String what = "group " + group;
    boolean needed = settings.by() == By.CRAWL && settings.crawl().crawlsGroup(group);
    URI url = URI.create(settings.source().baseUrl() + "/Group/" + Link.component(group));
    findings
        .attempt(
            what,
            needed ? State.FAILS : State.LIMITED,
            () -> client.fetch(Ask.get("read " + what, url, FHIR), traffic, LONGEST_GROUP))
        .ifPresent(reply -> findings.add(what, State.WORKS, "it can be read"));
  }

  private void searches() {
    SearchTrials trials = new SearchTrials(settings.crawl(), settings.source(), client, traffic);
    State none = settings.by() == By.CRAWL ? State.NOT_TRIED : State.LIMITED;
    Optional<String> patient = findings.attempt("a patient", none, trials::patient);
    if (patient.isEmpty()) {
      findings.add(
          "searches",
          none,
          "there is no patient to try them with; set crawl.patients, also for bulk");
      adviseBulk();
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

  private void adviseBulk() {
    if (exportListed) {
      advice.add("extract.by = \"bulk\"  # the server lists the export of groups");
    }
  }

  private void advise(SearchFindings searches, boolean byChange) {
    adviseBulk();
    if (!exportListed && searches.refusedTypes().isEmpty()) {
      advice.add("extract.by = \"crawl\"  # no export is listed, and the searches work");
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
                        + " = []  # all of its searches were refused: extend the client's permissions, or leave it"
                        + " out"));
    if (byChange) {
      advice.add(
          "# crawl.changed-since { Patient = \"_lastUpdated=ge{since}\" } can narrow a crawl");
    }
  }
}
