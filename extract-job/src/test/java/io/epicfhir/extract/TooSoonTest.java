package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that say in words, and not by 429, that they export a group at their own pace. */
class TooSoonTest extends SiteTest {
  private static final Match KICK_OFF = Match.kind(RequestKind.KICK_OFF);
  private static final String OUTCOME =
      "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"fatal\",\"code\":\"processing\","
          + "\"diagnostics\":\"%s\"}]}";

  private void answer(int status, String words) {
    site.server
        .faults()
        .always(KICK_OFF, Fault.answer(status, "application/fhir+json", OUTCOME.formatted(words)));
  }

  @ParameterizedTest
  @CsvSource({
    "400,Client requested this Group too recently",
    "403,The last export of Zoe's group was too RECENT",
    "409,An export is already running",
    "422,Export in progress"
  })
  void whatLandedLatelyIsAdopted(int status, String words) throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    answer(status, words);

    assertThat(site.runAll("r2")).isZero();

    String notes = site.report("r2", "kick_off").path("notes").toString();
    assertThat(notes)
        .contains("does not start a new export of group", "This run uses what landed at ")
        .doesNotContain(words);
    assertThat(site.landings()).hasSize(1);
  }

  @Test
  void otherWordsAreARefusal() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    answer(403, "The client may not export");

    assertThat(site.runAll("r2")).isEqualTo(3);
  }

  @Test
  void theyAreOneWhereTheGroupWasNotAskedForLately() throws IOException {
    openInSkippedTime(o -> o);
    answer(400, "requested this Group too recently");
    assertThat(site.runAll("r0")).isEqualTo(3);
    site.server.faults().clear();
    assertThat(site.runAll("r1")).isZero();
    answer(400, "requested this Group too recently");
    time.skip(Duration.ofHours(25));

    assertThat(site.run(new KickOff(time.pace()), "r2", "kick_off")).isEqualTo(3);
  }

  @Test
  void whereTheLastOneHasNotLandedTheNextTryAsksAgain() throws IOException {
    open(o -> o);
    assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
    site.settings.put("bulk.types", "[Patient]");
    answer(400, "requested this Group too recently");

    assertThat(site.run(new KickOff(), "r2", "kick_off")).isEqualTo(4);

    assertThat(site.error("r2", "kick_off"))
        .contains("According to its response", "24 hours after the last kick-off (bulk.window)");
  }

  /** The server was not asked: a green run would be one on yesterday's data. */
  @ParameterizedTest
  @ValueSource(strings = {"0", "21600"})
  void aServerThatIsDownAdoptsNothing(String retryAfter) throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    site.server.faults().always(KICK_OFF, Fault.busy(503, retryAfter));

    assertThat(site.runAll("r2")).isEqualTo(4);

    assertThat(site.error("r2", "kick_off")).contains("the server answered 503");
  }

  /** The first one's answer is no word about the second, which is asked for. */
  @Test
  void aTimeThatAnotherGroupsAnswerNamedAdoptsNothing() throws IOException {
    open(o -> o.groups(Map.of("north", Set.of("p1", "p2"), "south", Set.of("p3"))));
    site.settings.put("bulk.groups", "[north, south]");
    assertThat(site.runAll("r1")).isZero();
    site.server.faults().once(KICK_OFF, Fault.busy(503, "21600"));

    assertThat(site.runAll("r2")).isEqualTo(4);

    assertThat(site.error("r2", "kick_off")).contains("the export of group \"north\"", "503");
    assertThat(site.server.requests().exportsStarted()).as("two before it").isEqualTo(3);
    assertThat(site.report("r2", "kick_off").path("notes").toString())
        .doesNotContain("This run uses what landed at ");
  }

  @Test
  void a429OfTheSignInAdoptsNothing() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    site.server.faults().always(Match.kind(RequestKind.TOKEN), Fault.tooManyRequests("0"));

    assertThat(site.runAll("r2")).isEqualTo(4);
  }
}
