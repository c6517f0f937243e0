package io.epicfhir.common.optout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OptOutEntryTest {
  private final String ofBoth = OptOutEntry.theirs(new TreeSet<>(Set.of("ann", "ben")));
  private final String ofBen = OptOutEntry.theirs(Set.of("ben"));

  @Test
  void onlyAPersonsOwnRecordIsAPerson() {
    assertThat(OptOutEntry.isPerson("ann")).isTrue();
    assertThat(OptOutEntry.isPerson(ofBoth)).isFalse();
    assertThat(OptOutEntry.isPerson(OptOutEntry.LEARNED)).isFalse();
  }

  @Test
  void aResourceOfTwoStaysUntilTheLastOfThemIsTakenOff() {
    String left = OptOutEntry.without(ofBoth, Set.of("ann"));

    assertThat(left).isEqualTo(ofBen);
    assertThat(OptOutEntry.without(left, Set.of("ben"))).isEmpty();
    assertThat(OptOutEntry.without(ofBen, Set.of("ann"))).isEqualTo(ofBen);
  }

  @Test
  void whatIsTakenOffIsThePersonAndAllThatWasLearned() {
    assertThat(OptOutEntry.without("ann", Set.of("ann"))).isEmpty();
    assertThat(OptOutEntry.without("ann", Set.of("ben"))).isEqualTo("ann");
    assertThat(OptOutEntry.without(OptOutEntry.LEARNED, Set.of("ben"))).isEmpty();
  }

  @Test
  void ownersAddUpAndAPersonsOwnRecordStaysOne() {
    assertThat(OptOutEntry.both(OptOutEntry.theirs(Set.of("ann")), ofBen)).isEqualTo(ofBoth);
    assertThat(OptOutEntry.both(OptOutEntry.LEARNED, ofBen)).isEqualTo(ofBen);
    assertThat(OptOutEntry.both("ann", ofBen)).isEqualTo("ann");
  }
}
