package io.epicfhir.extract.crawl.pages;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What single resources of a page refer to. */
public final class EntryReferences {
  private EntryReferences() {}

  /** As {@link Page#references()}, of these entries alone. */
  public static List<String> of(Page page, Collection<Entry> entries, References references) {
    Set<String> named = new LinkedHashSet<>();
    for (Entry entry : entries) {
      byte[] resource =
          Arrays.copyOfRange(page.bytes(), entry.offset(), entry.offset() + entry.length());
      try {
        named.addAll(PageScan.resource(resource, references).references());
      } catch (IOException e) {
        throw new UncheckedIOException(e); // it was read once
      }
    }
    return List.copyOf(named);
  }
}
