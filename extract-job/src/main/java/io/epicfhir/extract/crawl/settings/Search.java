package io.epicfhir.extract.crawl.settings;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/**
 * One line of the search plan: what is asked for every patient.
 *
 * @param number its place in the plan
 * @param type the resource type
 * @param template the query with {@code {patient}}, or {@code /{patient}} for a read
 * @param narrowed the query that narrows it to changes; empty where all is asked for
 */
public record Search(int number, String type, String template, String narrowed) {
  static final String PATIENT = "{patient}";
  static final String SINCE = "{since}";

  /** Names it in the spool and the index. */
  public String key() {
    return type + "?" + template;
  }

  /** The type that a search of this key asks for. */
  public static String type(String key) {
    return key.replaceFirst("\\?.*", "");
  }

  /** Whether it is a read, where a patient who is not there is no failure. */
  public boolean read() {
    return template.startsWith("/");
  }

  /** Whether it reads the resource whose id is the patient's. */
  public boolean readsPatient() {
    return template.equals("/" + PATIENT);
  }

  /** Names it without naming a patient: in messages and in bronze. */
  public String name() {
    if (read()) {
      return type;
    }
    String query =
        template.replaceAll("(^|&)[^&=]+=[^&]*\\{patient}[^&]*", "").replaceFirst("^&", "");
    return query.isEmpty() ? type : type + "?" + query;
  }

  /** The first page's address. */
  public URI url(URI base, String patient, int pageSize, boolean narrow) {
    if (read()) {
      return URI.create(base + "/" + type + filled(template, patient, ""));
    }
    String query =
        filled(template, patient, "") + (narrow && !narrowed.isEmpty() ? "&" + narrowed : "");
    return URI.create(base + "/" + type + "?" + query + "&_count=" + pageSize);
  }

  /** Puts the values in, and encodes what a site's tables hold as it is: bars and spaces. */
  public static String filled(String template, String patient, String since) {
    return template
        .replace(PATIENT, URLEncoder.encode(patient, StandardCharsets.UTF_8))
        .replace(SINCE, URLEncoder.encode(since, StandardCharsets.UTF_8))
        .replace("|", "%7C")
        .replace(" ", "%20");
  }
}
