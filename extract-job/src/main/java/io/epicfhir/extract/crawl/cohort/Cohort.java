package io.epicfhir.extract.crawl.cohort;

import io.epicfhir.common.ByteOrderMark;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.fetch.Workers;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.crawl.settings.CohortSettings;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.settings.Search;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Finds the patients of a crawl, each once. */
public final class Cohort {
  static final String NOT_FOUND = "patient-not-found";
  static final String AMBIGUOUS = "patient-ambiguous";

  private final CrawlSettings settings;
  private final CohortSettings cohort;
  private final URI base;
  private final PageFetch fetch;
  private final PatientSearch search;
  private final Workers workers;
  private final List<String> doubts = new ArrayList<>();

  /** By this client and these threads. */
  public Cohort(
      CrawlSettings settings,
      SourceSettings source,
      Traffic traffic,
      SourceClient client,
      Workers workers) {
    this.settings = settings;
    this.cohort = settings.cohort();
    this.base = source.baseUrl();
    this.workers = workers;
    References none = new References(base + "/", Set.of(), Set.of());
    this.fetch = new PageFetch(client, traffic, none, settings.maxPageSize());
    this.search = new PatientSearch(settings, base, fetch);
  }

  /**
   * Their FHIR ids.
   *
   * @throws JobException {@link ExitCode#REFUSED} if the server does not list them, {@link
   *     ExitCode#DATA_REFUSED} where there are none, where one cannot be found, or where the answer
   *     may be incomplete
   */
  public List<String> patients() {
    List<String> found =
        switch (cohort.from()) {
          case GROUP -> members();
          case FILE -> cohort.mrnSystem().isEmpty() ? ids() : byMrn(lines());
          case SEARCH -> search.all(Search.filled(cohort.search(), "", ""));
        };
    return present(found);
  }

  /** What makes it doubtful that these are all patients; for a person. */
  public List<String> doubts() {
    return List.copyOf(doubts);
  }

  /** One of them, by no more requests than that takes; fails as {@link #patients} does. */
  public String any() {
    List<String> found =
        switch (cohort.from()) {
          case GROUP -> members();
          case FILE -> cohort.mrnSystem().isEmpty() ? ids() : byMrn(first(lines()));
          case SEARCH -> search.one(Search.filled(cohort.search(), "", ""));
        };
    return present(found).get(0);
  }

  private static List<String> first(List<String> lines) {
    return lines.stream().limit(1).toList();
  }

  private static List<String> present(List<String> found) {
    List<String> patients = List.copyOf(new LinkedHashSet<>(found));
    if (patients.isEmpty()) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot crawl: crawl.patients selects no patients; check the group, file or search");
    }
    return patients;
  }

  private List<String> members() {
    GroupMembers members = new GroupMembers(base, this::group);
    members.follow(cohort.group());
    if (members.unlisted() > 0) {
      doubts.add(
          "According to Group.quantity the group has "
              + members.unlisted()
              + " more members than it lists, so patients may be missing. Ask the server's"
              + " operator whether the client may see all members.");
    }
    List<String> patients = new ArrayList<>(members.ids());
    patients.addAll(
        lookUp(members.queries(), "members of the group are named by identifiers that"));
    return patients;
  }

  private byte[] group(String id) {
    URI url = URI.create(base + "/Group/" + Link.component(id));
    return search.page(fetch.resource("Group", id, url), "the group").bytes();
  }

  private List<String> ids() {
    References patients = References.to(base, "Patient");
    return lines().stream()
        .map(line -> patients.id(line).isEmpty() ? line : patients.id(line))
        .toList();
  }

  private List<String> lines() {
    try {
      String text = Files.readString(cohort.file());
      return ByteOrderMark.removed(text)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    } catch (IOException e) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot read crawl.patients.file: "
              + cohort.file()
              + (e instanceof CharacterCodingException
                  ? " is not UTF-8; save it as UTF-8"
                  : " is missing, or the job may not read it; check the path on the machine where the driver runs"),
          e);
    }
  }

  private List<String> byMrn(List<String> mrns) {
    List<String> queries =
        mrns.stream()
            .map(mrn -> "identifier=" + Link.component(cohort.mrnSystem() + "|" + mrn))
            .toList();
    return lookUp(queries, "MRNs of crawl.patients.file");
  }

  /** Searches that find one patient each; one that finds none or several is a fault. */
  private List<String> lookUp(List<String> queries, String what) {
    List<List<String>> found = new ArrayList<>(Collections.nCopies(queries.size(), List.of()));
    Iterator<Integer> numbers = IntStream.range(0, queries.size()).iterator();
    workers.run(
        () -> {
          synchronized (numbers) {
            return numbers.hasNext() ? Optional.of(one(queries, numbers.next(), found)) : none();
          }
        });
    long unknown = found.stream().filter(List::isEmpty).count();
    if (unknown > 0) {
      require(
          NOT_FOUND, unknown + " of " + queries.size() + " " + what + " are unknown to the server");
    }
    long several = found.stream().filter(ids -> ids.stream().distinct().count() > 1).count();
    if (several > 0) {
      require(
          AMBIGUOUS,
          several
              + " of "
              + queries.size()
              + " "
              + what
              + " find several patients each (a server that ignores the search parameter returns all patients)");
    }
    return found.stream().flatMap(List::stream).toList();
  }

  private void require(String code, String problem) {
    if (!settings.acceptedErrors().contains(code)) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot crawl: "
              + problem
              + "; check the file or group and crawl.patients.mrn-system, or add "
              + code
              + " to crawl.accepted-errors");
    }
  }

  private static Optional<Runnable> none() {
    return Optional.empty();
  }

  private Runnable one(List<String> queries, int number, List<List<String>> found) {
    return () -> {
      List<String> ids = search.byIdentifier(queries.get(number));
      synchronized (found) {
        found.set(number, ids);
      }
    };
  }
}
