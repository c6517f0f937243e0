package io.epicfhir.extract.bulk.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
  private static final String HEAD =
      "{\"transactionTime\":\"2026-03-02T10:00:00.5+01:00\",\"requiresAccessToken\":false,";

  private static final URI BASE = URI.create("https://h/status/7?token=a");

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

    assertThat(Manifest.next(one, BASE)).contains(URI.create("https://h/m/2"));
    assertThat(Manifest.next(two, BASE)).isEmpty();
    assertThat(parse(one, two).files()).extracting(RemoteFile::name).containsExactly("1", "2");
    assertThatThrownBy(() -> parse(one, two.replace("10:00:00", "10:00:01")))
        .hasMessageContaining("its pages differ in transactionTime");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"deleted\":[]; true",
        "\"deleted\":[{\"type\":\"Bundle\",\"url\":\"https://h/d\"}]; true",
        "\"deleted\":null; false",
        "\"error\":[]; false"
      })
  void a_list_of_deletions_may_be_empty_but_must_be_there(String list, boolean lists) {
    String first = HEAD + "\"output\":[]}";

    assertThat(Manifest.listsDeletions(List.of(first, HEAD + list + "}"))).isEqualTo(lists);
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
    assertThat(manifest.fileToken()).isEqualTo(FileToken.NOWHERE);
    assertThat(manifest.files())
        .extracting(RemoteFile::name)
        .containsExactly("a/1#4970212b77ad502b", "a/1#f8f7ab824e49c1bc", "deleted/d", "error/e");
    assertThat(manifest.files())
        .extracting(RemoteFile::count)
        .containsExactly(3L, null, null, null);
  }

  /** A fresh manifest may list the same files in another order, or more or fewer of them. */
  @Test
  void filesOfOnePathHaveTheSameNameWhereverTheyStand() {
    String a = "{\"type\":\"Patient\",\"url\":\"https://h/dl?f=a\"}";
    String b = "{\"type\":\"Patient\",\"url\":\"https://h/dl?f=b\"}";

    Manifest one = parse(HEAD + "\"output\":[" + a + "," + b + "]}");
    Manifest other = parse(HEAD + "\"output\":[" + b + "," + a + "]}");

    assertThat(one.files()).extracting(RemoteFile::name).doesNotHaveDuplicates();
    assertThat(other.files()).containsExactlyInAnyOrderElementsOf(one.files());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"relation\":\"next\",\"url\":\"https://h/m/2\"}",
        "[{\"relation\":\"self\",\"url\":\"https://h/m/1\"},"
            + "{\"relation\":\" NEXT \",\"url\":\"https://h/m/2\"}]",
      })
  void aNextLinkMayComeAloneAndInAnySpelling(String link) {
    assertThat(Manifest.next(HEAD + "\"output\":[],\"link\":" + link + "}", BASE))
        .contains(URI.create("https://h/m/2"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"https://h/m/2\"|link is not a list",
        "[null]|a link has no relation",
        "[{\"rel\":\"next\",\"url\":\"https://h/m/2\"}]|a link has no relation",
        "[{\"relation\":\"next\",\"href\":\"https://h/m/2\"}]|the url of its next page",
        "[{\"relation\":\"next\",\"url\":\"/2\"},{\"relation\":\"next\",\"url\":\"/3\"}]|more than one",
      })
  void aLinkThatIsNotUnderstoodIsRefusedAndNotTheEnd(String link, String why) {
    assertThatThrownBy(() -> Manifest.next(HEAD + "\"output\":[],\"link\":" + link + "}", BASE))
        .hasMessageContaining(why)
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.REFUSED);
  }

  /** Bulk Data 3.0: the file with the rest of it is listed like any other. */
  @Test
  void aFileMayContinueInAnotherThatIsListed() {
    String one =
        "{\"type\":\"Patient\",\"url\":\"https://h/1\",\"continuesInFile\":\"https://h/2\"}";
    String two = "{\"type\":\"Patient\",\"url\":\"https://h/2\"}";

    assertThat(
            parse(HEAD + "\"output\":[" + one + "]}", HEAD + "\"output\":[" + two + "]}").files())
        .extracting(RemoteFile::name)
        .containsExactly("1", "2");
    assertThatThrownBy(() -> parse(HEAD + "\"output\":[" + one + "]}"))
        .hasMessageContaining("continuesInFile");
  }

  /** The ballot of Bulk Data 4.0 has other names, leaves empty lists out, and has no request. */
  @Test
  void readsTheManifestOfBulkData4() {
    String head =
        "\uFEFF{\"manifestType\":\"bulk-export\",\"outputFormat\":\"application/fhir+ndjson\","
            + "\"transactionTime\":\"2026-03-02T10:00:00Z\","
            + "\"extension\":[{\"url\":\"https://h/x\",\"valueUri\":\"https://h/y\"}]";

    Manifest manifest =
        parse(
            head
                + ",\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/1\",\"count\":\"12\"}],"
                + "\"outcome\":[{\"type\":\"OperationOutcome\",\"url\":\"https://h/2\",\"count\":3.0}]}");

    assertThat(manifest.files())
        .extracting(RemoteFile::kind, RemoteFile::count)
        .containsExactly(tuple(FileKind.OUTPUT, 12L), tuple(FileKind.ERROR, 3L));
    assertThat(manifest.fileToken()).isEqualTo(FileToken.AT_HOME);
    assertThat(parse(head + "}").files()).isEmpty();
  }

  @Test
  void errorsThatAreListedUnderBothNamesAreOne() {
    String list = ":[{\"type\":\"OperationOutcome\",\"url\":\"https://h/2\"}]";

    assertThat(parse(HEAD + "\"output\":[],\"error\"" + list + ",\"outcome\"" + list + "}").files())
        .extracting(RemoteFile::kind)
        .containsExactly(FileKind.ERROR);
  }

  @ParameterizedTest
  @CsvSource({
    "true,EVERYWHERE",
    "false,NOWHERE",
    "\"true\",EVERYWHERE",
    "\"False\",NOWHERE",
    "null,AT_HOME"
  })
  void whetherFilesWantTheTokenMayBeText(String value, FileToken token) {
    Manifest manifest =
        parse(
            "{\"transactionTime\":\"2026-03-02T10:00:00Z\",\"requiresAccessToken\":"
                + value
                + ",\"output\":[]}");

    assertThat(manifest.fileToken()).isEqualTo(token);
  }

  @ParameterizedTest
  @CsvSource({
    "?page=2,https://h/status/7?page=2",
    "2?x=%3D,https://h/status/2?x=%3D",
    "/m/2,https://h/m/2",
    "https://h/m/2,https://h/m/2"
  })
  void aNextLinkMayBeRelative(String link, String url) {
    String page =
        HEAD + "\"output\":[],\"link\":[{\"relation\":\"next\",\"url\":\"" + link + "\"}]}";

    assertThat(Manifest.next(page, BASE)).contains(URI.create(url));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "not json|it is not JSON",
        "[]|it is not a JSON object",
        "H\"output\":[],\"failures\":[{\"url\":\"https://h/1\"}]}|an unknown key",
        "H\"output\":[],\"Error\":[{\"type\":\"X\",\"url\":\"/1\"}]}|an unknown key",
        "H\"output\":[],\"x y\":[\"https://h/1\"]}|an unknown key",
        "H\"output\":[],\"failed\":{\"url\":\"https://h/1\"}}|an unknown key",
        "H\"output\":[],\"errors\":[{\"href\":\"https://h/1\"}]}|an unknown key",
        "H\"output\":[],\"errors\":[{\"location\":{\"url\":\"/1\"}}]}|an unknown key",
        "H\"output\":[],\"issue\":[{\"severity\":\"error\",\"code\":\"exception\"}]}|an unknown key",
        "H\"output\":[],\"nextPage\":\"https://h/m/2\"}|an unknown key",
        "H\"output\":[],\"resourceType\":\"OperationOutcome\"}|it is an OperationOutcome",
        "H\"output\":null}|output is missing",
        "H\"manifestType\":\"bulk-export\",\"output\":null}|output is missing",
        "H\"output\":[],\"error\":{\"url\":\"https://h/1\"}}|error is not a list",
        "H\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/1\",\"count\":1.5}]}|not a number",
        "H\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/1\",\"count\":-1}]}|not a number",
        "{\"requiresAccessToken\":true,\"output\":[]}|transactionTime is not an instant",
        "{\"transactionTime\":\"now\",\"requiresAccessToken\":true,\"output\":[]}|transactionTime is not an instant",
        "{\"transactionTime\":\"2026-03-02T10:00:00Z\",\"requiresAccessToken\":1,\"output\":[]}"
            + "|requiresAccessToken is neither true nor false",
        "{\"transactionTime\":\"2026-03-02T10:00:00Z\",\"requiresAccessToken\":true}|output is missing",
        "H\"output\":[{\"type\":\"../x\",\"url\":\"https://h/1\"}]}|no resource type",
        "H\"output\":[{\"type\":\"Patient\",\"url\":\"/1\"}]}|not absolute",
        "H\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/1\",\"count\":\"three\"}]}|not a number",
        "H\"output\":[{\"type\":\"Patient\",\"url\":\"https://h/1\"},"
            + "{\"type\":\"Patient\",\"url\":\"https://h/1\"}]}|it lists the file Patient ",
        "H\"output\":[],\"deleted\":[{\"type\":\"Patient\",\"url\":\"https://h/1\"}]}|other than Bundle",
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
