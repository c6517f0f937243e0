package io.epicfhir.extract.bulk.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.request.Traffic;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a download ends whose tasks ended in different ways. */
class BinResultTest {
  private static final BinResult WELL = result(null);
  private static final BinResult EXPIRED = failed(ExitCode.REFUSED, "410", true);
  private static final BinResult REFUSED = failed(ExitCode.REFUSED, "403", false);
  private static final BinResult DOWN = failed(ExitCode.UNAVAILABLE, "503", false);

  private static BinResult failed(ExitCode code, String message, boolean gone) {
    return result(new BinResult.Failure(code, message, gone, false, false));
  }

  private static BinResult result(BinResult.Failure failure) {
    return new BinResult(List.of(), new Traffic().sums(), failure);
  }

  @Test
  void allIsWellWhereNoTaskFailed() {
    assertThatCode(() -> BinResult.requireAll(List.of(WELL, WELL))).doesNotThrowAnyException();
  }

  @Test
  void anExpiredLinkIsToldAsThatBesideAServerThatIsDown() {
    assertThatThrownBy(() -> BinResult.requireAll(List.of(DOWN, EXPIRED)))
        .isInstanceOf(LinksExpired.class)
        .hasMessage("410");
  }

  /** A fresh manifest would end in the same refusal. */
  @Test
  void besideARefusalAnExpiredLinkDoesNotCount() {
    assertThatThrownBy(() -> BinResult.requireAll(List.of(EXPIRED, DOWN, REFUSED)))
        .isInstanceOf(JobException.class)
        .hasMessage("403 (and 2 more failed)");
  }

  @Test
  void aServerThatIsDownEndsTheTry() {
    assertThatThrownBy(() -> BinResult.requireAll(List.of(WELL, DOWN)))
        .hasMessage("503")
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.UNAVAILABLE);
  }

  /** Beside a server that is down it is the damaged file that a person must hear of. */
  @Test
  void aDamagedFileIsToldBeforeAServerThatIsDown() {
    BinResult damaged =
        result(new BinResult.Failure(ExitCode.UNAVAILABLE, "cut", false, false, true));

    assertThatThrownBy(() -> BinResult.requireAll(List.of(DOWN, damaged)))
        .hasMessage("cut (and 1 more failed)")
        .satisfies(e -> assertThat(DamagedFile.causes((JobException) e)).isTrue());
    assertThatThrownBy(() -> BinResult.requireAll(List.of(REFUSED, damaged)))
        .hasMessage("403 (and 1 more failed)")
        .satisfies(e -> assertThat(DamagedFile.causes((JobException) e)).isTrue());
    assertThatThrownBy(() -> BinResult.requireAll(List.of(DOWN)))
        .satisfies(e -> assertThat(DamagedFile.causes((JobException) e)).isFalse());
  }

  /** Only a link that the store itself calls gone is a reason to ask for a new export. */
  @Test
  void aWebPageIsNoExpiredLinkUnlessAnotherLinkIsOne() {
    BinResult page = result(new BinResult.Failure(ExitCode.REFUSED, "404", true, true, false));

    assertThatThrownBy(() -> BinResult.requireAll(List.of(page, DOWN)))
        .isInstanceOfSatisfying(LinksExpired.class, e -> assertThat(e.mayPass()).isTrue());
    assertThatThrownBy(() -> BinResult.requireAll(List.of(page, EXPIRED)))
        .isInstanceOfSatisfying(LinksExpired.class, e -> assertThat(e.mayPass()).isFalse());
  }
}
