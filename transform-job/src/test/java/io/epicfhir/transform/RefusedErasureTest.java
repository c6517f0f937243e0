package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.transform.erase.Erasure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * An erasure that stops between the list and the last look has erased nothing, and no later run
 * carries it out: neither the next transform nor another patient's erasure. A new approval ends it.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RefusedErasureTest {
  private static final String THIRD = "eThird112233445566";
  private static final String HIS = "oThird11223344";
  private static final String LATE = "oLate1122334455";
  private static final String DORA = "eDora1122334455667";
  private static final List<String> ALL =
      List.of(ErasedClinic.ANNA, ErasedClinic.OLD_ANNA, "oHers0001122", LATE, THIRD, HIS);

  @TempDir static Path folder;
  private static ErasedClinic clinic;
  private static TestLake lake;
  private static OptOutList list;
  private static String counted;

  @BeforeAll
  static void count() throws IOException {
    clinic = new ErasedClinic(folder);
    lake = clinic.lake;
    list = new OptOutList(lake.lake());
    counted = erasure(ErasedClinic.ANNA, null).plan().approval();
  }

  private static Erasure erasure(String patient, String approved) {
    NamedPatients named = new NamedPatients(Set.of(patient), Set.of());
    return new Erasure(TestLake.spark(), lake.lake(), named, Optional.ofNullable(approved));
  }

  private static RunLock extracting() {
    return RunLock.acquire(lake.lake(), "export-e9", Duration.ZERO);
  }

  /** An export that read the list before she was on it: a third record is linked with hers. */
  private static void land() {
    String time = "2026-01-13T00:00:00Z";
    lake.export("e9", time)
        .since("2026-01-11T00:00:00Z")
        .resource("Patient", THIRD, "1", time, ErasedClinic.json("Patient", THIRD, link()))
        .resource("Observation", HIS, "1", time, observation(HIS, THIRD))
        .resource("Observation", LATE, "1", time, observation(LATE, ErasedClinic.ANNA))
        .landedAt(Instant.now().toString())
        .land();
  }

  private static String observation(String id, String patient) {
    return ErasedClinic.json("Observation", id, ErasedClinic.subject(patient));
  }

  private static String link() {
    return ",\"link\":[{\"other\":{\"reference\":\"Patient/%s\"},\"type\":\"seealso\"}]"
        .formatted(ErasedClinic.OLD_ANNA);
  }

  private static List<String> bronzeWith(String text) {
    return ErasedClinic.filesWith(folder.resolve("bronze"), List.of(text));
  }

  private static void allIsInBronze() {
    assertThat(ALL).allSatisfy(one -> assertThat(bronzeWith(one)).as(one).isNotEmpty());
  }

  /** As after a kill there. */
  @Order(1)
  @Test
  void aTryThatStopsAfterTheListErasesNothingByTheNextTransform() {
    try (RunLock extract = extracting()) {
      assertThat(extract).isNotNull();
      assertThatThrownBy(() -> erasure(ErasedClinic.ANNA, counted).go(Duration.ZERO))
          .hasMessageContaining("export-e9");
    }
    assertThat(list.load().isErased("Patient/" + ErasedClinic.ANNA)).as("kept out").isTrue();
    assertThat(list.unsettled()).isEqualTo(1);
    List<String> live = lake.live("Observation");

    lake.transform();

    assertThat(lake.live("Observation")).isEqualTo(live);
    assertThat(lake.rows("patient")).contains(ErasedClinic.ANNA, ErasedClinic.OLD_ANNA);
    assertThat(bronzeWith("oHers0001122")).isNotEmpty();
  }

  @Order(2)
  @Test
  void theSecondLookRefusesWhatLandedSinceTheFirst() {
    RunLock extract = extracting();
    Optional<Instant> before = list.changedAt();
    CompletableFuture<Void> landing =
        CompletableFuture.runAsync(
            () -> {
              Instant end = Instant.now().plusSeconds(100);
              while (list.changedAt().equals(before) && Instant.now().isBefore(end)) {
                LockSupport.parkNanos(20_000_000);
              }
              land();
              extract.close();
            });

    JobException refusal =
        catchThrowableOfType(
            JobException.class,
            () -> erasure(ErasedClinic.ANNA, counted).go(Duration.ofMinutes(2)));

    landing.join();
    assertThat(refusal.exitCode()).isEqualTo(ExitCode.SETTINGS);
    assertThat(refusal)
        .hasMessageContaining("have 3 Patient records now, which are not the 2 that were counted")
        .hasMessageContaining(
            "Nothing more was erased: later exports leave the approved records out, and what the"
                + " lake still has of them stays");
    assertThat(list.load().isErased("Patient/" + ErasedClinic.ANNA)).as("kept out").isTrue();
    assertThat(list.load().listed("Patient/" + THIRD)).as("nobody approved").isFalse();
    assertThat(list.settled().isEmpty()).isTrue();
    allIsInBronze();
  }

  @Order(3)
  @Test
  void theNextTransformAppliesWhatLandedAndErasesNothing() {
    lake.transform();

    allIsInBronze();
    assertThat(lake.rows("patient")).contains(ErasedClinic.ANNA, ErasedClinic.OLD_ANNA, THIRD);
    assertThat(lake.live("Observation"))
        .anyMatch(line -> line.contains(HIS))
        .anyMatch(line -> line.contains(LATE));
    assertThat(list.load().listed("Patient/" + THIRD)).isFalse();
  }

  @Order(4)
  @Test
  void theErasureOfAnotherPatientTakesNothingOfTheirs() {
    String time = "2026-01-14T00:00:00Z";
    lake.export("e10", time)
        .since("2026-01-13T00:00:00Z")
        .resource("Patient", DORA, "1", time, ErasedClinic.json("Patient", DORA, ""))
        .landedAt(Instant.now().toString())
        .land();
    lake.transform();

    erasure(DORA, erasure(DORA, null).plan().approval()).go(Duration.ZERO);

    assertThat(bronzeWith(DORA)).isEmpty();
    allIsInBronze();
    assertThat(list.settled().isErased("Patient/" + DORA)).isTrue();
    assertThat(list.unsettled()).isEqualTo(1);
    assertThat(lake.rows("patient"))
        .contains(ErasedClinic.ANNA, ErasedClinic.OLD_ANNA, THIRD)
        .doesNotContain(DORA);
  }

  /** The export that keeps her out lets her chart go from the tables, and nobody else's. */
  @Order(5)
  @Test
  void whatALaterExportKeepsOutIsHersAlone() {
    lake.export("e11", "2026-01-15T00:00:00Z")
        .since("2026-01-14T00:00:00Z")
        .landedAt(Instant.now().plusSeconds(60).toString())
        .keepsOut("Patient/" + ErasedClinic.ANNA)
        .land();

    lake.transform();

    allIsInBronze();
    assertThat(lake.rows("patient")).contains(THIRD).doesNotContain(ErasedClinic.ANNA);
    assertThat(lake.live("Observation"))
        .anyMatch(line -> line.contains(HIS))
        .noneMatch(line -> line.contains(LATE));
  }

  @Order(6)
  @Test
  void aSecondTryOfTheOldApprovalIsRefusedAndANewOneEndsIt() {
    assertThatThrownBy(() -> erasure(ErasedClinic.ANNA, counted).go(Duration.ZERO))
        .hasMessageContaining("Nothing more was erased");
    allIsInBronze();
    String again = erasure(ErasedClinic.ANNA, null).plan().approval();

    Erasure.Result done = erasure(ErasedClinic.ANNA, again).go(Duration.ZERO);

    assertThat(done.patients()).isEqualTo(3);
    assertThat(clinic.filesWith(ALL)).isEmpty();
    assertThat(list.unsettled()).isZero();
    assertThat(list.settled().isErased("Patient/" + THIRD)).isTrue();
    lake.transform();
    assertThat(lake.rows("patient")).containsExactly(ErasedClinic.BERT);
  }
}
