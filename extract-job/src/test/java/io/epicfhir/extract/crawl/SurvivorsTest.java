package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.cohort.Merges;
import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SurvivorsTest {
  private final Merges merges = new Merges(URI.create("https://h/fhir"));
  private final Survivors survivors = new Survivors();

  private Survivors.Found find(Set<String> before, String... patients) {
    return survivors.find(merges, before, Set.of(patients)::contains);
  }

  @Test
  void a_survivor_in_the_crawl_is_asked_for_in_full_once() {
    merges.add("old", "new");

    assertThat(find(Set.of(), "old", "new").inside()).containsExactly("new");
    assertThat(survivors.askedInFull("new")).isTrue();
    assertThat(survivors.askedInFull("old")).isFalse();
    assertThat(find(Set.of(), "old", "new").inside()).isEmpty();
  }

  @Test
  void one_outside_comes_into_the_crawl_and_is_not_asked_for_a_second_time() {
    merges.add("old", "new");

    Survivors.Found found = find(Set.of(), "old");
    assertThat(found.outside()).containsExactly("new");
    assertThat(found.inside()).isEmpty();

    found = find(Set.of(), "old", "new");
    assertThat(found.outside()).isEmpty();
    assertThat(found.inside()).isEmpty();
    assertThat(survivors.askedInFull("new")).isTrue();
  }

  @Test
  void of_a_merge_after_a_merge_the_last_one_counts() {
    merges.add("a", "b");
    merges.add("b", "c");

    assertThat(find(Set.of(), "a").outside()).containsExactly("c");
  }

  @Test
  void what_the_last_crawl_knew_is_no_reason_to_ask_in_full() {
    merges.add("old", "new");

    Survivors.Found found = find(Set.of("old new"), "new");

    assertThat(found.inside()).isEmpty();
    assertThat(survivors.askedInFull("new")).isFalse();
    // The survivor's history stays the crawl's all the same.
    assertThat(find(Set.of("old new"), "old").outside()).containsExactly("new");
  }

  @Test
  void merges_of_others_are_not_the_crawls() {
    merges.add("old", "new");

    assertThat(find(Set.of(), "anna").outside()).isEmpty();
    assertThat(survivors.askedInFull("new")).isFalse();
  }
}
