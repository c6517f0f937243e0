package io.epicfhir.transform.silver;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.Contracts;
import org.junit.jupiter.api.Test;

/** Silver's state files are what {@code common/contracts} says. */
final class ContractsTest {
  @Test
  void whatSilverHoldsIsAsAgreed() {
    assertThat(Contracts.assertRead("silver-state", SilverState.class).types()).isNotEmpty();
  }

  @Test
  void anAppliedExportIsAsAgreed() {
    assertThat(Contracts.assertRead("applied-export", AppliedExports.Mark.class).appliedAt())
        .isNotNull();
  }
}
