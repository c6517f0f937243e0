package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.CapturedLog;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A few megabytes that become twice the memory that there is, in place of an answer; see
 * FaultTableContentTest for files.
 */
class BombsTest extends SiteTest {
  @ParameterizedTest
  @EnumSource(
      value = RequestKind.class,
      names = {"DISCOVERY", "METADATA", "TOKEN", "STATUS"})
  void endsTheRunAsAnyOtherBadAnswerDoes(RequestKind kind) throws IOException {
    open(o -> o);
    site.settings.put("source.max-tries", "2");
    long bomb = 2 * Runtime.getRuntime().maxMemory();
    if (kind == RequestKind.METADATA) { // asked for where there is no better place
      site.server.faults().always(Match.kind(RequestKind.DISCOVERY), Fault.fatal(404, "", ""));
    }
    site.server.faults().always(Match.kind(kind), Fault.gzipBomb(bomb));

    try (CapturedLog log = new CapturedLog()) {
      assertThat(site.runAll("r1")).isIn(3, 4);
      assertThat(log.text())
          .containsAnyOf("too long", "longer than")
          .doesNotContain("OutOfMemoryError");
    }
    assertThat(site.landings()).isEmpty();
  }

  /** Where the export will be stands in the head of the answer, and the server has begun it. */
  @Test
  void isOfNoAccountWhereTheHeadOfTheAnswerSaysAll() throws IOException {
    open(o -> o);
    long bomb = 2 * Runtime.getRuntime().maxMemory();
    site.server.faults().always(Match.kind(RequestKind.KICK_OFF), Fault.gzipBomb(bomb));

    try (CapturedLog log = new CapturedLog()) {
      assertThat(site.runAll("r1")).isZero();
      assertThat(log.text()).doesNotContain("OutOfMemoryError");
    }
    assertThat(site.landings()).hasSize(1);
  }
}
