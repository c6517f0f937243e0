package io.epicfhir.extract.bronze;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineSplitterTest {
  /** Gives at most so many bytes a read, as a network does. */
  private static InputStream slowly(byte[] bytes, int atOnce) {
    return new ByteArrayInputStream(bytes) {
      @Override
      public synchronized int read(byte[] buffer, int offset, int length) {
        return super.read(buffer, offset, Math.min(length, atOnce));
      }
    };
  }

  private static List<String> pieces(byte[] bytes, int limit, int atOnce) throws IOException {
    LineSplitter lines = new LineSplitter(slowly(bytes, atOnce), limit);
    List<String> found = new ArrayList<>();
    while (lines.next()) {
      String text = new String(lines.buffer(), lines.offset(), lines.length(), ISO_8859_1);
      String end = lines.terminated() ? "" : "~";
      found.add(lines.line() + "." + lines.part() + ":" + text + end);
    }
    return found;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 1000})
  void splits_at_lf_only_and_keeps_every_other_byte(int atOnce) throws IOException {
    byte[] bytes = "a\r\n\u2028b\u0085c\n\n \ud83d\ude00\f\n".getBytes(UTF_8);

    List<String> found = pieces(bytes, 100, atOnce);

    assertThat(String.join("|", found).getBytes(ISO_8859_1))
        .isEqualTo("1.0:a\r|2.0:\u2028b\u0085c|3.0:|4.0: \ud83d\ude00\f".getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 1000})
  void a_long_line_comes_in_pieces_and_the_next_is_whole_again(int atOnce) throws IOException {
    assertThat(pieces("abcde\nabcdefghijk\nx\n".getBytes(UTF_8), 5, atOnce))
        .containsExactly("1.0:abcde", "2.0:abcde", "2.1:fghij", "2.2:k", "3.0:x");
  }

  @Test
  void the_last_line_may_lack_its_lf_and_says_so() throws IOException {
    assertThat(pieces("a\nb".getBytes(UTF_8), 5, 9)).containsExactly("1.0:a", "2.0:b~");
    assertThat(pieces("".getBytes(UTF_8), 5, 9)).isEmpty();
    assertThat(pieces("abcdefg".getBytes(UTF_8), 5, 9)).containsExactly("1.0:abcde", "1.1:fg~");
  }

  @Test
  void a_byte_order_mark_is_dropped_at_the_start_of_the_stream_only() throws IOException {
    byte[] bytes = "\ufeff{}\n\ufeff{}\n".getBytes(UTF_8);

    assertThat(pieces(bytes, 50, 1)).containsExactly("1.0:{}", "2.0:\u00ef\u00bb\u00bf{}");
  }

  @Test
  void a_line_longer_than_the_first_buffer_stays_in_one_piece() throws IOException {
    byte[] bytes = ("x".repeat(300_000) + "\ny\n").getBytes(UTF_8);

    assertThat(pieces(bytes, 1 << 20, 8192)).extracting(String::length).containsExactly(300_004, 5);
  }
}
