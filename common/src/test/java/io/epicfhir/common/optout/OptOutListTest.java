package io.epicfhir.common.optout;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is on the list, and what is theirs, when others come and go. */
class OptOutListTest {
  private static final String ANNA = "Patient/eAnna00112233445566";
  private static final String CARL = "Patient/eCarl00112233445566";

  @TempDir Path folder;
  private OptOutList list;

  @BeforeEach
  void name() {
    list = new OptOutList(new Lake(new LakePaths(folder.toUri().toString()), new Configuration()));
  }

  private static OptOutList.Person person(String record) {
    return new OptOutList.Person(new TreeSet<>(Set.of(record)), Set.of());
  }

  private boolean has(String type, String id) {
    return list.load().has(type, id);
  }

  @Test
  void whatIsOnesStaysOutWhenAnotherIsTakenOff() {
    list.add(List.of(person(ANNA)), List.of("Binary/b1"));
    list.add(List.of(person(CARL)), List.of("Binary/b2"));

    assertThat(list.remove(List.of(CARL))).isEqualTo(1);

    assertThat(has("Binary", "b1")).isTrue();
    assertThat(has("Binary", "b2")).isFalse();
    assertThat(list.persons()).isEqualTo(1);
  }

  @Test
  void whatIsOfBothStaysOutUntilBothAreTakenOff() {
    list.add(List.of(person(ANNA)), List.of("Binary/b1"));
    list.add(List.of(person(CARL)), List.of("Binary/b1"));

    list.remove(List.of(ANNA));
    assertThat(has("Binary", "b1")).isTrue();
    list.remove(List.of(CARL));
    assertThat(list.load().isEmpty()).isTrue();
  }

  @Test
  void whatOnlyNamedSomebodyIsLearnedAgain() {
    list.add(List.of(person(ANNA), person(CARL)), List.of());
    list.learn(Set.of("learned"));

    list.remove(List.of(ANNA));

    assertThat(list.persons()).isEqualTo(1);
    assertThat(folder.resolve("state/opt-outs/list.txt")).content().doesNotContain("learned");
  }

  @Test
  void aResourceIsNoNameByWhichSomebodyIsTakenOff() {
    list.add(List.of(person(ANNA)), List.of("Binary/b1"));

    assertThat(list.remove(List.of("Binary/b1"))).isZero();

    assertThat(has("Patient", "eAnna00112233445566")).isTrue();
    assertThat(has("Binary", "b1")).isTrue();
  }

  @Test
  void whatAnEarlierReleaseHadLearnedBecomesTheirs() {
    list.add(List.of(person(ANNA)), List.of());
    list.learn(list.load().hashesOf("Binary/b1"));
    list.add(List.of(person(ANNA)), List.of("Binary/b1"));
    list.add(List.of(person(CARL)), List.of());

    list.remove(List.of(CARL));

    assertThat(has("Binary", "b1")).isTrue();
  }

  /** An erasure proposes a patient with a Binary. */
  private void propose(String record, String binary) {
    list.propose(List.of(person(record)), Map.of(binary, Set.of(record)));
  }

  private boolean isSettled(String resource) {
    return list.settled().listed(resource);
  }

  @Test
  void whoIsProposedStaysOutAndIsSettledWhenTheErasureAddsThem() {
    propose(ANNA, "Binary/b1");
    assertThat(has("Patient", "eAnna00112233445566")).isTrue();
    assertThat(has("Binary", "b1")).isTrue();
    assertThat(list.settled().isEmpty()).isTrue();

    propose(ANNA, "Binary/b1"); // a second try
    assertThat(list.settled().isEmpty()).isTrue();
    list.add(List.of(person(ANNA)), List.of());

    assertThat(isSettled(ANNA)).isTrue();
    assertThat(isSettled("Binary/b1")).as("only the first look found it").isTrue();
    assertThat(list.settled().isErased(ANNA)).isTrue();
    assertThat(folder.resolve("state/opt-outs/unsettled.txt")).doesNotExist();
  }

  @Test
  void whatWasOnTheListBeforeStaysSettled() {
    list.add(List.of(person(CARL)), List.of("Binary/b1"));
    list.learn(list.load().hashesOf("Binary/b2"));

    list.propose(
        List.of(person(ANNA)),
        Map.of("Binary/b1", Set.of(ANNA), "Binary/b2", Set.of(ANNA), "Binary/b3", Set.of(ANNA)));

    assertThat(isSettled(CARL)).isTrue();
    assertThat(isSettled("Binary/b1")).isTrue();
    assertThat(isSettled("Binary/b2")).isTrue();
    assertThat(isSettled("Binary/b3")).isFalse();
    assertThat(isSettled(ANNA)).isFalse();
  }

  @Test
  void anErasureSettlesItsOwnPatientsAlone() {
    propose(ANNA, "Binary/b1");
    propose(CARL, "Binary/b2");

    list.add(List.of(person(CARL)), List.of());

    assertThat(isSettled(CARL)).isTrue();
    assertThat(isSettled("Binary/b2")).isTrue();
    assertThat(isSettled(ANNA)).isFalse();
    assertThat(isSettled("Binary/b1")).isFalse();
    assertThat(has("Patient", "eAnna00112233445566")).isTrue();
  }

  @Test
  void twoPersonsWithOneIdentifierAreSettledOneByOne() {
    OptOutList.Person anna = new OptOutList.Person(new TreeSet<>(Set.of(ANNA)), Set.of("urn:x|1"));
    OptOutList.Person carl = new OptOutList.Person(new TreeSet<>(Set.of(CARL)), Set.of("urn:x|1"));
    list.propose(List.of(anna), Map.of());

    list.add(List.of(carl), List.of());

    assertThat(isSettled(CARL)).isTrue();
    assertThat(isSettled("urn:x|1")).isTrue();
    assertThat(isSettled(ANNA)).isFalse();
  }

  @Test
  void whatIsLearnedMeanwhileMayBeBecauseOfTheProposed() {
    list.add(List.of(person(CARL)), List.of());
    propose(ANNA, "Binary/b1");

    list.learn(list.load().hashesOf("Patient/eMerged0011223344"));
    assertThat(has("Patient", "eMerged0011223344")).isTrue();
    assertThat(isSettled("Patient/eMerged0011223344")).isFalse();
    list.learn(list.load().hashesOf("Binary/b4"));
    list.learnSettled(list.load().hashesOf("Binary/b4"));
    assertThat(isSettled("Binary/b4")).as("Carl's erasure has seen it").isTrue();

    list.add(List.of(person(ANNA)), List.of());
    assertThat(isSettled("Patient/eMerged0011223344")).isTrue();
  }

  @Test
  void whoIsTakenOffIsProposedNoMore() {
    list.add(List.of(person(CARL)), List.of());
    propose(ANNA, "Binary/b1");
    list.learn(list.load().hashesOf("Binary/b4"));

    assertThat(list.remove(List.of(ANNA))).isEqualTo(1);

    assertThat(folder.resolve("state/opt-outs/unsettled.txt")).doesNotExist();
    list.learn(list.load().hashesOf("Binary/b4"));
    assertThat(isSettled("Binary/b4")).isTrue();
    assertThat(isSettled(ANNA)).isFalse();
  }
}
