package io.epicfhir.extract.crawl.settings;

import io.epicfhir.common.settings.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whose records are crawled.
 *
 * @param name the cohort's name, which its crawls share
 * @param from where the patients come from
 * @param group the Group's FHIR id
 * @param file FHIR ids or MRNs, one a line
 * @param mrnSystem the identifier system of the file's MRNs; empty where the file holds FHIR ids
 * @param mrnSearch how a patient is looked up by an identifier
 * @param search the query of a Patient search
 */
public record CohortSettings(
    String name,
    From from,
    String group,
    Path file,
    String mrnSystem,
    MrnSearch mrnSearch,
    String search) {

  /** How a patient is looked up by an identifier. */
  public enum MrnSearch {
    /** By POST to _search: the MRN stands in no address, so in no server's log. */
    POST,
    /** By GET, for servers that have no _search. */
    GET
  }

  /** Where the patients come from. */
  public enum From {
    /** The members of a Group. */
    GROUP,
    /** A file. */
    FILE,
    /** A Patient search. */
    SEARCH
  }

  static CohortSettings read(SettingsReader reader) {
    From from = reader.choice("patients.from", From.class);
    Path file =
        reader.optionalText("patients.file").isPresent() ? reader.path("patients.file") : null;
    CohortSettings settings =
        new CohortSettings(
            reader.text("name"),
            from,
            reader.optionalText("patients.group").orElse(""),
            file,
            reader.optionalText("patients.mrn-system").orElse(""),
            reader.has("patients.mrn-search")
                ? reader.choice("patients.mrn-search", MrnSearch.class)
                : MrnSearch.POST,
            reader.optionalText("patients.search").orElse(""));
    if (from == From.GROUP && settings.group.isEmpty()) {
      reader.problem("patients.group", "\"\"", "the FHIR id of a Group");
    }
    if (from == From.FILE && (file == null || !Files.isReadable(file))) {
      reader.problem("patients.file", String.valueOf(file), "a readable file");
    }
    if (from == From.SEARCH && settings.search.isEmpty()) {
      reader.problem("patients.search", "\"\"", "the query of a Patient search");
    }
    return settings;
  }
}
