package io.epicfhir.extract.source.request;

import io.epicfhir.common.ResourceTypeNames;
import java.net.URI;
import java.util.Locale;
import java.util.Set;

/**
 * How messages call an address: its origin and those steps of its path that are known to name
 * nobody. Servers put patients' numbers and names into folders and files, and ids are patient data.
 */
public final class ShownLink {
  private static final Set<String> WORDS =
      Set.of(
          """
          .well-known api async auth base blob bulk bulkdata bulkrequest connect data dl download downloads export exports fhir
          file files interconnect job jobs m manifest manifests metadata ndjson oauth oauth2 openid output outputs page
          pages poll polling protocol r4 rest result results smart smart-configuration status storage token v1 v2 v3
          """
              .strip()
              .split("\\s+"));

  private static final String OPERATION = "[$_][A-Za-z-]{1,40}";

  private ShownLink() {}

  /**
   * Origin and path: of that the steps that it has in common with the FHIR base, which the settings
   * name, the types, the operations, and the words that servers use.
   *
   * @param base of the FHIR server; null where it is not known
   */
  public static String of(URI url, URI base) {
    StringBuilder shown = new StringBuilder(url.getScheme() + "://");
    shown.append(String.valueOf(url.getRawAuthority()).replaceFirst(".*@", ""));
    String[] steps = steps(url);
    int common = base == null ? 0 : common(steps, steps(base));
    boolean typed = false;
    for (int i = 0; i < steps.length; i++) {
      if (!steps[i].isEmpty()) {
        boolean told = i < common || (!typed && isWord(steps[i])) || steps[i].matches(OPERATION);
        shown.append('/').append(told ? steps[i] : "…");
        typed |= i >= common && ResourceTypeNames.ALL.contains(steps[i]);
      }
    }
    return shown.toString();
  }

  private static boolean isWord(String step) {
    return WORDS.contains(step.toLowerCase(Locale.ROOT)) || ResourceTypeNames.ALL.contains(step);
  }

  private static String[] steps(URI url) {
    return Link.target(url).replaceFirst("\\?.*", "").split("/", -1);
  }

  private static int common(String[] steps, String[] base) {
    int common = 0;
    while (common < Math.min(steps.length, base.length) && steps[common].equals(base[common])) {
      common++;
    }
    return common;
  }
}
