package io.epicfhir.extract.bulk.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.Contracts;
import org.junit.jupiter.api.Test;

/** An export's state files are what {@code common/contracts} says. */
class ContractsTest {
  @Test
  void theStateOfAnExportIsAsAgreed() {
    var intent = Contracts.assertRead("export-state.intent", ExportLedger.Intent.class);
    var started = Contracts.assertRead("export-state.kick-off", ExportLedger.Started.class);
    Contracts.assertRead("export-state.members", ExportLedger.Members.class);
    Contracts.assertRead("export-state.completeness", Completeness.class);
    Contracts.assertRead("export-state.landed", ExportLedger.Landed.class);

    assertThat(started.asked()).isEqualTo(intent.asked());
    assertThat(Contracts.assertRead("export-state.fence", ExportFence.Token.class).number())
        .isOne();
  }

  @Test
  void theExportsOfARunAndOfAGroupAreAsAgreed() {
    var run = Contracts.assertRead("export-state.run", RunExports.All.class);
    var group = Contracts.assertRead("export-state.group", GroupLedger.Newest.class);

    assertThat(run.exports().get(0).exportId()).isEqualTo(group.exportId());
  }
}
