package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.transform.erase.Erasure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Only the Patient records go that were counted when somebody approved. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ApprovedRecordsTest {
  private static final String THIRD = "eThird112233445566";
  private static final String FOURTH = "eFourth11223344556";
  private static final NamedPatients BY_ID = new NamedPatients(Set.of(ErasedClinic.ANNA), Set.of());
  private static final NamedPatients BY_MRN =
      new NamedPatients(Set.of(), Set.of(ErasedClinic.MRN_SYSTEM + "|" + ErasedClinic.MRN));

  @TempDir static Path folder;
  private static ErasedClinic clinic;
  private static String counted;
  private static String countedAgain;

  @BeforeAll
  static void count() throws IOException {
    clinic = new ErasedClinic(folder);
    counted = erasure(BY_ID, null).plan().approval();
  }

  private static Erasure erasure(NamedPatients named, String approved) {
    return new Erasure(TestLake.spark(), clinic.lake.lake(), named, Optional.ofNullable(approved));
  }

  private static JobException refused(NamedPatients named, String approved) {
    return catchThrowableOfType(
        JobException.class, () -> erasure(named, approved).go(Duration.ZERO));
  }

  private static void patient(String export, String day, String id, String more) {
    land(export, day, id, more);
    clinic.lake.transform();
  }

  private static void land(String export, String day, String id, String more) {
    String time = "2026-01-" + day + "T00:00:00Z";
    clinic
        .lake
        .export(export, time)
        .since("2026-01-11T00:00:00Z")
        .resource("Patient", id, "1", time, ErasedClinic.json("Patient", id, more))
        .land();
  }

  private static void nothingWasErased() {
    assertThat(new OptOutList(clinic.lake.lake()).persons()).isZero();
    assertThat(clinic.lake.rows("patient"))
        .contains(ErasedClinic.ANNA, ErasedClinic.OLD_ANNA, ErasedClinic.BERT);
  }

  @Order(1)
  @Test
  void aRecordThatGetsTheMrnAfterTheCountIsNotErasedUnasked() {
    String byMrn = erasure(BY_MRN, null).plan().approval();
    patient(
        "e4",
        "12",
        FOURTH,
        ",\"identifier\":[{\"system\":\"%s\",\"value\":\"%s\"}]"
            .formatted(ErasedClinic.MRN_SYSTEM, ErasedClinic.MRN));

    JobException refusal = refused(BY_MRN, byMrn);

    assertThat(refusal.exitCode()).isEqualTo(ExitCode.SETTINGS);
    assertThat(refusal)
        .hasMessage(
            "Cannot erase: the listed persons have 3 Patient records now, which are not the 2 that"
                + " were counted and approved; a link or an identifier has changed since. Nothing"
                + " was erased. Trigger the DAG again: it counts again and asks for another"
                + " approval");
    nothingWasErased();
  }

  @Order(2)
  @Test
  void aRecordThatIsLinkedAfterTheCountIsNotErasedUnasked() {
    patient(
        "e5",
        "13",
        THIRD,
        ",\"link\":[{\"other\":{\"reference\":\"Patient/%s\"},\"type\":\"seealso\"}]"
            .formatted(ErasedClinic.OLD_ANNA));

    assertThat(refused(BY_ID, counted))
        .hasMessageContaining("have 3 Patient records now, which are not the 2 that");
    nothingWasErased();
    assertThat(clinic.lake.rows("patient")).contains(THIRD);
  }

  @Order(3)
  @Test
  void anApprovalThatSaysNothingOfRecordsIsNone() {
    assertThat(refused(BY_ID, "")).hasMessageContaining("not the ones that were counted");
    assertThat(refused(BY_ID, counted.substring(0, counted.indexOf(':')))).isNotNull();
    nothingWasErased();
  }

  @Order(4)
  @Test
  void whatIsCountedAgainGoesWithWhatCameForTheSameRecords() {
    countedAgain = erasure(BY_ID, null).plan().approval();
    assertThat(countedAgain).isNotEqualTo(counted).doesNotContain("Anna", "Third");
    clinic
        .lake
        .export("e6", "2026-01-14T00:00:00Z")
        .since("2026-01-13T00:00:00Z")
        .resource(
            "Observation",
            "oLate11223344",
            "1",
            "2026-01-14T00:00:00Z",
            ErasedClinic.json("Observation", "oLate11223344", ErasedClinic.subject(THIRD)))
        .land();

    Erasure.Result done = erasure(BY_ID, countedAgain).go(Duration.ZERO);

    assertThat(done.patients()).isEqualTo(3);
    assertThat(clinic.filesWith(List.of(ErasedClinic.ANNA, THIRD, "oLate11223344"))).isEmpty();
  }

  /** A cleared task finds fewer records, as what linked them is gone: all are on the list. */
  @Order(5)
  @Test
  void aSecondTryOfTheSameApprovalEndsWhatTheFirstBegan() {
    Erasure.Result again = erasure(BY_ID, countedAgain).go(Duration.ZERO);
    assertThat(again.patients()).isEqualTo(1);
    assertThat(again.before()).isEqualTo(1);
    assertThat(again.isEmpty()).isTrue();
  }

  @Order(6)
  @Test
  void fewerRecordsThanWereCountedAreOthersToo() {
    assertThat(refused(BY_ID, counted))
        .hasMessageContaining("have 1 Patient records now, which are not the 2 that");
  }

  /** A record that came after the first try is not on the list. */
  @Order(7)
  @Test
  void aSecondTryDoesNotEraseWhatCameInBetween() {
    patient(
        "e7",
        "15",
        "eFifth112233445566",
        ",\"link\":[{\"other\":{\"reference\":\"Patient/%s\"},\"type\":\"seealso\"}]"
            .formatted("eSixth112233445566"));
    NamedPatients sixth = new NamedPatients(Set.of("eSixth112233445566"), Set.of());
    String two = erasure(sixth, null).plan().approval();
    erasure(sixth, two).go(Duration.ZERO);
    land(
        "e8",
        "16",
        "eSeventh1122334455",
        ",\"link\":[{\"other\":{\"reference\":\"Patient/%s\"},\"type\":\"seealso\"}]"
            .formatted("eSixth112233445566"));

    assertThat(refused(sixth, two))
        .hasMessageContaining(
            "Nothing more was erased: later exports leave the approved records out, and what the"
                + " lake still has of them stays. Trigger the DAG again");
  }
}
