package io.epicfhir.extract.bulk.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.bronze.LineSplitter;
import io.epicfhir.extract.bulk.manifest.FileKind;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.source.answer.BrokenBody;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A file's second try, after the first one took two lines. */
class TakenPiecesTest {
  private static final RemoteFile FILE =
      new RemoteFile(FileKind.OUTPUT, "Patient", "p.ndjson", URI.create("https://h/p"), null);

  private final TakenPieces taken = new TakenPieces();

  private static LineSplitter lines(String text) {
    return new LineSplitter(new ByteArrayInputStream(text.getBytes(UTF_8)), 100);
  }

  @BeforeEach
  void theFirstTry() throws IOException {
    taken.passOver(lines(""), FILE); // nothing was taken yet
    LineSplitter first = lines("one\ntwo\n");
    while (first.next()) {
      taken.add(first);
    }
  }

  @Test
  void the_same_lines_are_left_behind_and_the_next_one_is_new() throws IOException {
    LineSplitter again = lines("one\ntwo\nthree\n");

    taken.passOver(again, FILE);

    assertThat(again.next()).isTrue();
    assertThat(new String(again.buffer(), again.offset(), again.length(), UTF_8))
        .isEqualTo("three");
  }

  @Test
  void other_bytes_end_the_work() {
    assertThatThrownBy(() -> taken.passOver(lines("one\nTWO\nthree\n"), FILE))
        .isInstanceOf(JobException.class)
        .hasMessageContaining("the server sent different bytes at the second try");
  }

  @Test
  void a_file_that_ends_before_is_asked_for_again() {
    assertThatThrownBy(() -> taken.passOver(lines("one\n"), FILE))
        .isInstanceOf(BrokenBody.class)
        .hasMessageContaining("the file ended earlier than at the last try");
  }
}
