package io.epicfhir.extract.source.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutcomeTest {
  private static Optional<Outcome> read(String json) {
    return Outcome.of(json.getBytes(StandardCharsets.UTF_8));
  }

  private static Outcome of(String issue) {
    return read("{\"resourceType\":\"OperationOutcome\",\"issue\":" + issue + "}").orElseThrow();
  }

  @Test
  void codes_are_read_and_texts_are_not() {
    Outcome outcome =
        of(
            """
            [{"severity":"error","code":"processing","diagnostics":"Smith, John",
              "details":{"text":"of Smith","coding":[{"system":"urn:epic","code":"4107"},{"code":"59 Smith"}]}},
             {"severity":"warning","code":"informational"}]""");

    assertThat(outcome.codes()).isEqualTo("processing 4107, informational");
    assertThat(outcome.ownCodes()).containsExactly("4107", "informational");
    assertThat(outcome.severe()).isTrue();
    assertThat(outcome.words()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"severity\":\"catastrophe\",\"code\":\"exception\"}]",
        "[{\"code\":\"exception\"}]",
        "{\"severity\":\"error\",\"code\":\"exception\"}",
        "[{\"severity\":7,\"code\":\"exception\",\"details\":\"none\"}]",
      })
  void what_does_not_fit_the_standard_is_read_as_far_as_it_goes(String issue) {
    assertThat(of(issue).severe()).isTrue();
    assertThat(of(issue).ownCodes()).containsExactly("exception");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[{}]", "7", "[{\"severity\":\"error\",\"code\":\"Smith, J\"}]"})
  void one_without_a_code_is_severe(String issue) {
    assertThat(of(issue).severe()).isTrue();
    assertThat(of(issue).codes()).isEqualTo("no code");
    assertThat(of(issue).ownCodes()).isEmpty();
  }

  @Test
  void one_inside_a_bundle_is_found() {
    assertThat(
            read("""
                    {"resourceType":"Bundle","entry":[{"response":{"outcome":
                     {"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"throttled"}]}}}]}""")
                .orElseThrow()
                .passing())
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<html>OperationOutcome</html>",
        "{\"OperationOutcome\":",
        "{\"resourceType\":\"Patient\",\"note\":\"OperationOutcome\"}",
        ""
      })
  void anything_else_is_none(String body) {
    assertThat(read(body)).isEmpty();
  }

  @Test
  void of_the_text_only_words_that_name_nobody_are_kept() {
    Outcome outcome =
        of(
            """
            [{"severity":"error","code":"processing","diagnostics":
              "HAPI-0513: Smith may not export ImagingStudy; check _type for Group/John"}]""");

    assertThat(outcome.words()).containsExactly("Group", "HAPI-0513", "ImagingStudy", "_type");
  }
}
