package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NdjsonLinesTest {
  @TempDir private Path folder;

  private List<String> lines(NdjsonSplit split) {
    List<String> lines = new ArrayList<>();
    try (NdjsonLines in = new NdjsonLines(split)) {
      while (in.next()) {
        lines.add(
            new String(in.buffer(), in.start(), in.end() - in.start(), StandardCharsets.UTF_8));
      }
    }
    return lines;
  }

  @Test
  void each_line_is_in_one_piece_wherever_the_file_is_cut() throws IOException {
    Path file = folder.resolve("a.ndjson");
    String text = "one\n\ntwo\u2028\u00e4\r\n" + "x".repeat(40) + "\nlast";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Files.write(file, bytes);
    for (int cut = 0; cut <= bytes.length; cut++) {
      List<String> all = new ArrayList<>(lines(new NdjsonSplit(file.toString(), 0, cut)));
      all.addAll(lines(new NdjsonSplit(file.toString(), cut, bytes.length)));
      assertThat(all).as("cut at " + cut).isEqualTo(Arrays.asList(text.split("\n")));
    }
  }

  @Test
  void lines_longer_than_the_buffer_and_many_pieces_come_whole() throws IOException {
    Path file = folder.resolve("b.ndjson");
    Random random = new Random(7);
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      expected.add("y".repeat(random.nextInt(i % 10 == 0 ? 3_000_000 : 90_000)));
    }
    Files.writeString(file, String.join("\n", expected) + "\n");
    List<String> all = new ArrayList<>();
    List<NdjsonSplit> splits = NdjsonSplit.of(List.of(file), 7);
    splits.forEach(split -> all.addAll(lines(split)));
    assertThat(splits).hasSizeGreaterThan(5);
    assertThat(all).isEqualTo(expected);
  }
}
