package io.epicfhir.extract.crawl.references;

import io.epicfhir.extract.crawl.pages.Page;
import io.epicfhir.extract.crawl.pages.PageScan;
import io.epicfhir.extract.crawl.pages.References;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * What a resource of an export refers to, a line each: the reference, a tab, and the patient whose
 * resource it is. Without a patient where what is referred to belongs to none.
 */
final class NamedReferences {
  private NamedReferences() {}

  /** By a parser. */
  static List<String> of(byte[] resource, References wanted) {
    Page page;
    try {
      page = PageScan.resource(resource, wanted);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bronze takes in whole resources only
    }
    String patient = page.patients().isEmpty() ? "" : page.patients().get(0);
    return page.references().stream()
        .map(
            reference ->
                References.isShared(reference) ? shared(reference) : reference + "\t" + patient)
        .toList();
  }

  /** A line of what belongs to no patient. */
  static String shared(String reference) {
    return reference + "\t";
  }
}
