package io.epicfhir.extract.crawl.index;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeldDocumentTest {
  @Test
  void aLineTellsWhatIsKnownAndOneOfAnOlderVersionTheIdOnly() {
    HeldDocument known = new HeldDocument("b", "anna", "text/rtf");
    HeldDocument nobodys = new HeldDocument("b", "", "text/rtf");

    assertThat(HeldDocument.of(known.line())).isEqualTo(known);
    assertThat(HeldDocument.of(nobodys.line())).isEqualTo(nobodys);
    assertThat(HeldDocument.of("b")).isEqualTo(new HeldDocument("b", "", ""));
  }
}
