package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hidden results and specimens move with a merge, and back with an un-merge: they are read again
 * although they were read not long ago.
 */
class MovedByReferenceTest {
  @TempDir Path folder;
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = EpicSite.open(folder, options -> options);
  }

  @AfterEach
  void close() throws IOException {
    site.close();
  }

  /** Of the types whose resources belong to a patient. */
  private Map<String, String> owned(String... ways) throws IOException {
    Map<String, String> owned = new TreeMap<>(EpicSite.reached(site, ways));
    owned.keySet().removeIf(key -> !key.matches("(Observation|Specimen)/.*"));
    return owned;
  }

  /** The patient with all the records, and the one without any. */
  private String[] patients() throws IOException {
    List<String> ids =
        EpicSite.reached(site, "export").keySet().stream()
            .filter(key -> key.startsWith("Patient/"))
            .map(key -> key.substring("Patient/".length()))
            .toList();
    boolean first = hasRecords(ids.get(0));
    return new String[] {ids.get(first ? 0 : 1), ids.get(first ? 1 : 0)};
  }

  private boolean hasRecords(String patient) throws IOException {
    int before = EpicSite.reached(site, "export").size();
    site.server.site().leave(List.of(patient));
    int without = EpicSite.reached(site, "export").size();
    site.server.site().join(List.of(patient));
    return without < before / 2;
  }

  @Test
  void aMergeAndAnUnmergeAreFollowed() throws IOException {
    String[] patients = patients();
    assertThat(site.runAll("r1")).isZero();
    Map<String, String> first = owned("reference");
    assertThat(first.keySet()).anyMatch(key -> key.startsWith("Specimen/"));

    site.server.site().merge(patients[0], patients[1]);
    assertThat(site.runAll("r2")).isZero();

    Map<String, String> moved = owned("reference");
    assertThat(moved.keySet()).isEqualTo(first.keySet());
    assertThat(moved.values()).doesNotContainAnyElementsOf(first.values());
    assertThat(EpicSite.landed(site)).containsAllEntriesOf(moved);
    assertThat(site.report("r2", "extract").path("result").path("outside")).isEmpty();

    site.server.site().unmerge(patients[0]);
    assertThat(site.runAll("r3")).isZero();
    assertThat(EpicSite.landed(site)).containsAllEntriesOf(first);
    assertThat(owned("reference")).isEqualTo(first);
  }

  @Test
  void aSpecimenWhoseLastReferrerGoesStaysAndMovesToo() throws IOException {
    String[] patients = patients();
    assertThat(site.runAll("r1")).isZero();
    TreeSet<String> results = new TreeSet<>(owned("export", "reference").keySet());
    results.removeIf(key -> !key.startsWith("Observation/"));
    site.server.site().retract(results);
    Map<String, String> orphans = owned("unlinked");
    assertThat(orphans).isNotEmpty();

    site.server.site().merge(patients[0], patients[1]);
    assertThat(site.runAll("r2")).isZero();

    Map<String, String> moved = owned("unlinked");
    assertThat(moved.values()).doesNotContainAnyElementsOf(orphans.values());
    assertThat(EpicSite.landed(site)).containsAllEntriesOf(moved);
    assertThat(EpicSite.deleted(site)).doesNotContainAnyElementsOf(moved.keySet());

    site.server.site().retract(moved.keySet());
    site.settings.put("crawl.reference-max-age", "\"0 seconds\"");
    assertThat(site.runAll("r3")).isZero();
    assertThat(EpicSite.deleted(site)).containsAll(moved.keySet());
  }
}
