package io.epicfhir.extract.crawl.cohort;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MergesTest {
  private final Merges merges = new Merges(URI.create("https://h/R4"));

  /** Jackson's own limit of a text is 20 million characters. */
  @Test
  void thePatientMayHaveALargePhoto() {
    String patient =
        "{\"resourceType\":\"Patient\",\"id\":\"new\",\"link\":[{\"type\":\"replaces\",\"other\":"
            + "{\"reference\":\"Patient/old\"}}],\"photo\":[{\"data\":\""
            + "A".repeat(21_000_000)
            + "\"}]}";

    merges.read(patient.getBytes(UTF_8));

    assertThat(merges.survivor("old")).contains("new");
  }

  @ParameterizedTest
  @CsvSource({
    "https://h/R4/Patient/p, p",
    "/R4/Patient/p, p",
    "Patient/p/_history/2, p",
    "https://h/R4/Condition?patient=p&_count=9, p",
    "/R4/Condition?subject=Patient%2Fp, p",
    "Patient?_id=p, p",
    "Patient?identifier=p, ''",
    "/login?patient=p, ''",
    "/R4/signin?patient=p, ''",
    "https://sso.example.org/R4/Patient/p, ''",
    "https://h/R4/metadata, ''"
  })
  void aRedirectLeadsToAPatientOnlyWhereItNamesOneAtTheBase(String location, String patient) {
    assertThat(merges.target(location)).isEqualTo(patient);
  }

  private void came(String... patients) {
    for (String patient : patients) {
      merges.read(patient.getBytes(UTF_8));
    }
  }

  /** By whether a link or a redirect told of it. */
  @ParameterizedTest
  @CsvSource({
    "link, '', new",
    "link, new, ''",
    "link, old, ''",
    "link, other, new",
    "redirect, '', new",
    "redirect, new, new",
    "redirect, old, ''"
  })
  void whatWasKnownBeforeHoldsUntilItIsSeenToBeUndone(String by, String came, String survivor) {
    Set<String> known = Set.of("old new");
    merges.remember(known, by.equals("link") ? known : Set.of());
    if (!came.isEmpty()) {
      came("{'resourceType':'Patient','id':'#'}".replace('\'', '"').replace("#", came));
    }

    assertThat(merges.survivor("old").orElse("")).isEqualTo(survivor);
    assertThat(merges.all()).hasSize(survivor.isEmpty() ? 0 : 1);
    assertThat(merges.links().isEmpty()).isEqualTo(survivor.isEmpty() || by.equals("redirect"));
  }

  @Test
  void aNewMergeFollowsOnOneThatWasKnown() {
    merges.remember(Set.of("a b"), Set.of());
    merges.add("b", "c");
    assertThat(merges.survivor("a")).contains("c");
  }

  @Test
  void aRedirectThatCannotBeReadLeadsNowhere() {
    assertThat(merges.target("https://h/R4/Observation?patient=a%")).isEmpty();
  }
}
