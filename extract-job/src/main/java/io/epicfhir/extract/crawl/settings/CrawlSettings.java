package io.epicfhir.extract.crawl.settings;

import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.extract.source.settings.TypeNames;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The crawl; block {@code crawl} of the settings.
 *
 * @param cohort whose records
 * @param searches query templates by resource type
 * @param changedSince a query that narrows a type to what changed after {@code {since}}
 * @param fullEvery after this time such a type is asked for in full all the same
 * @param hydrate the types that are fetched by reference
 * @param referenceMaxAge within this time what was fetched by reference is not fetched again
 * @param attachments documents
 * @param pageSize resources a page
 * @param maxPages of one search
 * @param maxPageSize bytes of the longest page
 * @param restarts of one search whose session expired
 * @param maxConfirmations resources that are read by their ids because no search finds them
 * @param acceptedErrors codes that make no search fail
 * @param harmlessCodes codes that leave a search complete
 * @param maxRejectedShare the share of resources, 0 to 1, that may go to quarantine
 * @param lockPatience how long to wait for another crawl of the cohort
 */
public record CrawlSettings(
    CohortSettings cohort,
    Map<String, List<String>> searches,
    Map<String, String> changedSince,
    Duration fullEvery,
    Set<String> hydrate,
    Duration referenceMaxAge,
    AttachmentSettings attachments,
    int pageSize,
    int maxPages,
    int maxPageSize,
    int restarts,
    int maxConfirmations,
    Set<String> acceptedErrors,
    Set<String> harmlessCodes,
    double maxRejectedShare,
    Duration lockPatience) {
  /** Reads the block; what is wrong stays with the reader until its check. */
  public static CrawlSettings read(SettingsReader reader) {
    Map<String, List<String>> searches = searches(reader);
    return new CrawlSettings(
        CohortSettings.read(reader),
        searches,
        changedSince(reader, searches),
        reader.duration("full-every"),
        new TreeSet<>(types(reader, "hydrate")),
        reader.duration("reference-max-age"),
        AttachmentSettings.read(reader),
        reader.number("page-size", 1, 10_000),
        reader.number("max-pages", 1, 1_000_000),
        size(reader, "max-page-size"),
        reader.number("restarts", 0, 100),
        reader.number("max-confirmations", 0, 10_000_000),
        new TreeSet<>(reader.texts("accepted-errors")),
        new TreeSet<>(reader.texts("harmless-codes")),
        reader.fraction("max-rejected-share", 0, 1),
        reader.duration("lock-patience"));
  }

  /**
   * The same for the resources that a bulk export names or lacks: all else is shared.
   *
   * @param types that are fetched by reference
   * @param confirmations resources that are read by their ids because an export lacks them
   */
  public CrawlSettings hydrating(List<String> types, int confirmations) {
    return new CrawlSettings(
        cohort,
        searches,
        changedSince,
        fullEvery,
        new TreeSet<>(types),
        referenceMaxAge,
        attachments,
        pageSize,
        maxPages,
        maxPageSize,
        restarts,
        confirmations,
        acceptedErrors,
        harmlessCodes,
        maxRejectedShare,
        lockPatience);
  }

  /** Whether the patients are the members of this group. */
  public boolean crawlsGroup(String group) {
    return cohort.from() == CohortSettings.From.GROUP && cohort.group().equals(group);
  }

  static List<String> types(SettingsReader reader, String key) {
    List<String> types = reader.texts(key);
    TypeNames.check(reader, key, types);
    return types;
  }

  static int size(SettingsReader reader, String key) {
    long bytes = reader.bytes(key);
    if (bytes < 1 << 10 || bytes > 1 << 30) {
      reader.problem(key, bytes + " bytes", "a size from 1 KiB to 1 GiB");
      return 1 << 10;
    }
    return (int) bytes;
  }

  /** A type without a template is not crawled: so a site takes one of the shipped ones out. */
  /** The types that are fetched by reference, with documents where these are. */
  public Set<String> byReference() {
    Set<String> types = new TreeSet<>(hydrate);
    if (attachments.enabled()) {
      types.add("Binary");
    }
    return types;
  }

  private static Map<String, List<String>> searches(SettingsReader reader) {
    Map<String, List<String>> searches = new TreeMap<>(reader.table("searches"));
    searches.values().removeIf(List::isEmpty);
    TypeNames.check(reader, "searches", searches.keySet());
    searches.forEach(
        (type, templates) -> {
          if (new TreeSet<>(templates).size() < templates.size()) {
            reader.problem("searches." + type, templates.toString(), "each query once");
          }
          for (String template : templates) {
            boolean named = template.contains(Search.PATIENT);
            if (!named || !readable(template)) {
              reader.problem(
                  "searches." + type,
                  template,
                  "a query of a FHIR resource type with {patient}, such as patient={patient}");
            }
          }
        });
    if (searches.isEmpty()) {
      reader.problem("searches", "{}", "at least one resource type");
    }
    return searches;
  }

  private static Map<String, String> changedSince(
      SettingsReader reader, Map<String, List<String>> searches) {
    Map<String, String> queries = new TreeMap<>();
    reader
        .table("changed-since")
        .forEach(
            (type, query) -> {
              String text = String.join("", query);
              if (query.size() != 1 || !text.contains(Search.SINCE) || !readable(text)) {
                reader.problem("changed-since." + type, text, "one query with {since}");
              } else if (!searches.containsKey(type)) {
                reader.problem("changed-since." + type, text, "a type of crawl.searches");
              }
              queries.put(type, text);
            });
    return queries;
  }

  private static boolean readable(String template) {
    try {
      return URI.create("http://h/T?" + Search.filled(template, "x", "y")).getQuery() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
