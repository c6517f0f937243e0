package io.epicfhir.extract.crawl.landing;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.Readings;
import org.junit.jupiter.api.Test;

class AbsencesTest {
  private static final CrawlIndex.Seen SEEN =
      new CrawlIndex.Seen("a", "anna", "search", 1, 2, 3, false, "");

  private final Readings readings = new Readings(0, 1);

  /** Of a crawl that knows this of every absence, and that of a patient who is outside. */
  private static Absences absences(Absence known, Absence outside) {
    return new Absences(
        "Condition",
        new CrawlWays() {
          @Override
          public String name(String search) {
            return search;
          }

          @Override
          public boolean wouldSee(CrawlIndex.Seen seen) {
            return true;
          }

          @Override
          public Absence absent(String type, CrawlIndex.Seen seen) {
            return known;
          }

          @Override
          public Absence outside(CrawlIndex.Seen seen, String patient) {
            return patient.equals("mallory") ? outside : Absence.UNKNOWN;
          }
        });
  }

  @Test
  void nothing_is_known_of_what_nobody_speaks_of() {
    assertThat(absences(Absence.UNKNOWN, Absence.GONE).of(readings, SEEN))
        .isEqualTo(Absence.UNKNOWN);
  }

  @Test
  void it_is_gone_where_the_server_says_so_of_its_id() {
    readings.gone("a");

    assertThat(absences(Absence.UNKNOWN, Absence.UNKNOWN).of(readings, SEEN))
        .isEqualTo(Absence.GONE);
  }

  @Test
  void what_the_crawl_knows_counts_more_than_what_the_server_says() {
    readings.gone("a");

    assertThat(absences(Absence.GONE_WITH_TYPE, Absence.UNKNOWN).of(readings, SEEN))
        .isEqualTo(Absence.GONE_WITH_TYPE);
  }

  @Test
  void what_moved_to_a_patient_outside_is_as_the_crawl_says_of_it() {
    Absences absences = absences(Absence.UNKNOWN, Absence.GONE);
    absences.outside("a", "mallory", 4);

    assertThat(absences.of(readings, SEEN)).isEqualTo(Absence.GONE);
  }

  @Test
  void an_id_that_was_read_all_the_same_is_not_gone() {
    readings.gone("a");
    readings.read("a", true, 1);

    assertThat(absences(Absence.GONE, Absence.GONE).of(readings, SEEN)).isEqualTo(Absence.UNKNOWN);
  }
}
