package io.epicfhir.extract.crawl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.Link;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.SourceSettings;
import io.epicfhir.extract.source.Traffic;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
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
final class Cohort {
  static final String NOT_FOUND = "patient-not-found";

  private final CrawlSettings settings;
  private final CohortSettings cohort;
  private final URI base;
  private final PageFetch fetch;
  private final Workers workers;

  /** By this client and these threads. */
  Cohort(
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
  }

  /**
   * Their FHIR ids.
   *
   * @throws JobException {@link ExitCode#REFUSED} where the server does not tell, {@link
   *     ExitCode#DATA_REFUSED} where there are none or an MRN is unknown
   */
  List<String> patients() {
    List<String> found =
        switch (cohort.from()) {
          case GROUP -> members();
          case FILE -> cohort.mrnSystem().isEmpty() ? lines() : byMrn(lines());
          case SEARCH -> search(Search.filled(cohort.search(), "", ""));
        };
    List<String> patients = List.copyOf(new LinkedHashSet<>(found));
    if (patients.isEmpty()) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot crawl: there is no patient in crawl.patients; check the group, file or search");
    }
    return patients;
  }

  private List<String> members() {
    URI url = URI.create(base + "/Group/" + encoded(cohort.group()));
    Page page = page(fetch.resource("Group", url, settings.maxPageSize()), "the group");
    References patients = new References(base + "/", Set.of("Patient"), Set.of());
    List<String> members = new ArrayList<>();
    for (JsonNode member : json(page.bytes()).path("member")) {
      String reference = patients.reference(member.path("entity").path("reference").asText());
      if (reference != null && !member.path("inactive").asBoolean()) {
        members.add(reference.substring("Patient/".length()));
      }
    }
    return members;
  }

  private static JsonNode json(byte[] bytes) {
    try {
      return new JsonMapper().readTree(bytes);
    } catch (IOException e) {
      throw new IllegalStateException("A page that was read is no JSON", e);
    }
  }

  private List<String> lines() {
    try {
      return Files.readAllLines(cohort.file()).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    } catch (IOException e) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot read crawl.patients.file: " + cohort.file() + "; give a text file in UTF-8",
          e);
    }
  }

  private List<String> byMrn(List<String> mrns) {
    List<List<String>> found = new ArrayList<>(Collections.nCopies(mrns.size(), List.of()));
    Iterator<Integer> numbers = IntStream.range(0, mrns.size()).iterator();
    workers.run(
        () -> {
          synchronized (numbers) {
            return numbers.hasNext() ? Optional.of(lookUp(mrns, numbers.next(), found)) : none();
          }
        });
    long unknown = found.stream().filter(List::isEmpty).count();
    if (unknown > 0 && !settings.acceptedErrors().contains(NOT_FOUND)) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot crawl: "
              + unknown
              + " of "
              + mrns.size()
              + " MRNs of crawl.patients.file are unknown to the server; check the file and"
              + " crawl.patients.mrn-system, or add "
              + NOT_FOUND
              + " to crawl.accepted-errors");
    }
    return found.stream().flatMap(List::stream).toList();
  }

  private static Optional<Runnable> none() {
    return Optional.empty();
  }

  private Runnable lookUp(List<String> mrns, int number, List<List<String>> found) {
    return () -> {
      String query = "identifier=" + encoded(cohort.mrnSystem() + "|" + mrns.get(number));
      List<String> ids = search(query);
      synchronized (found) {
        found.set(number, ids);
      }
    };
  }

  private List<String> search(String query) {
    List<String> ids = new ArrayList<>();
    URI url = URI.create(base + "/Patient?" + query + "&_count=" + settings.pageSize());
    for (int number = 1; number <= settings.maxPages(); number++) {
      Page page = page(fetch.page("Patient", url, number), "a search of patients");
      page.entries().stream()
          .filter(e -> e.type().equals("Patient") && !e.id().isEmpty())
          .forEach(e -> ids.add(e.id()));
      if (page.next().isEmpty()) {
        return ids;
      }
      url = following(url, page.next());
    }
    throw refused("a search of patients", "it has more pages than crawl.max-pages");
  }

  private static URI following(URI url, String next) {
    try {
      return Link.resolve(url, next);
    } catch (IllegalArgumentException e) {
      throw refused("a search of patients", "its next link cannot be read");
    }
  }

  private Page page(Answer answer, String what) {
    if (!(answer instanceof Answer.Got got)) {
      String why =
          answer instanceof Answer.Refused refused
              ? "the server refused it ("
                  + String.join(", ", refused.codes().stream().map(OutcomeCode::code).toList())
                  + ")"
              : "the server does not have it";
      throw refused(what, why);
    }
    Set<String> bad = Problems.of(settings).of(got.page().outcomes());
    if (!Problems.of(settings).accepted(bad)) {
      throw refused(what, "the server's answer may be incomplete " + bad);
    }
    return got.page();
  }

  private static JobException refused(String what, String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot find the patients by "
            + what
            + ": "
            + why
            + "; check crawl.patients and what the application may see");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
