package io.epicfhir.common.optout;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.nio.file.Path;
import java.util.List;
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
}
