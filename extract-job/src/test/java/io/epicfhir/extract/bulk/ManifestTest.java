package io.epicfhir.extract.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
  private static final String HEAD =
      "{\"transactionTime\":\"2026-03-02T10:00:00.5+01:00\",\"requiresAccessToken\":false,";

  private static Manifest parse(String... pages) {
    return Manifest.parse(List.of(pages));
  }

  @Test
  void reads_all_pages_which_must_be_of_one_export() {
    String one =
        HEAD
            + "\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/1\"}],"
            + "\"link\":[{\"relation\":\"next\",\"url\":\"https://h/m/2\"}]}";
    String two = HEAD + "\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/2\"}]}";

    assertThat(Manifest.next(one)).contains(URI.create("https://h/m/2"));
    assertThat(Manifest.next(two)).isEmpty();
    assertThat(parse(one, two).files()).extracting(RemoteFile::name).containsExactly("1", "2");
    assertThatThrownBy(() -> parse(one, two.replace("10:00:00", "10:00:01")))
        .hasMessageContaining("its pages differ in transactionTime");
  }

  @Test
  void reads_the_three_lists() {
    Manifest manifest =
        parse(
            HEAD
                + "\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/a/1?sig=s\",\"count\":3},"
                + "{\"type\":\"Patient\",\"url\":\"https://h/a/1?sig=t\"}],"
                + "\"deleted\":[{\"type\":\"Bundle\",\"url\":\"https://h/d\"}],"
                + "\"error\":[{\"type\":\"OperationOutcome\",\"url\":\"https://h/e\"}]}");

    assertThat(manifest.transactionTime()).isEqualTo(Instant.parse("2026-03-02T09:00:00.500Z"));
    assertThat(manifest.tokenForFiles()).isFalse();
    assertThat(manifest.files())
        .extracting(RemoteFile::name)
        .containsExactly("a/1", "a/1#1", "deleted/d", "error/e");
    assertThat(manifest.files())
        .extracting(RemoteFile::count)
        .containsExactly(3L, null, null, null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "not json|it is not JSON",
        "{\"requiresAccessToken\":true,\"output\":[]}|transactionTime is not an instant: \"\"",
        "{\"transactionTime\":\"now\",\"requiresAccessToken\":true,\"output\":[]}|instant: \"now\"",
        "{\"transactionTime\":\"2026-03-02T10:00:00Z\",\"output\":[]}|requiresAccessToken is missing",
        "{\"transactionTime\":\"2026-03-02T10:00:00Z\",\"requiresAccessToken\":true}|output is missing",
        "H\"output\":[{\"type\":\"../x\",\"url\":\"https://h/1\"}]}|no resource type: \"../x\"",
        "H\"output\":[{\"type\":\"Patient\",\"url\":\"/1\"}]}|not absolute",
        "H\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/1\",\"count\":\"3\"}]}|no number",
        "H\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/1\"},"
            + "{\"type\":\"Patient\",\"url\":\"https://h/1\"}]}|lists the file 1 twice",
        "H\"output\":[],\"deleted\":[{\"type\":\"Patient\",\"url\":\"https://h/1\"}]}|not Bundle",
      })
  void refuses_what_it_cannot_be_sure_of(String text, String why) {
    assertThatThrownBy(() -> parse(text.startsWith("H") ? HEAD + text.substring(1) : text))
        .isInstanceOf(JobException.class)
        .hasMessageContaining("Cannot use the export's manifest: ")
        .hasMessageContaining(why)
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.REFUSED);
  }
}
