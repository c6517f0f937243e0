package io.epicfhir.extract.crawl.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.extract.crawl.pages.Bytes;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  @TempDir Path folder;

  private Spool open() {
    Lake lake =
        new Lake(new LakePaths(folder.resolve("lake").toUri().toString()), new Configuration());
    return new Spool(lake, lake.paths().at("spool"));
  }

  private static SpoolRecord record(int page, String text) {
    byte[] bytes = ("xx" + text + "yy").getBytes(UTF_8);
    Entry entry = new Entry(Entry.Kind.RESOURCE, "Goal", "id" + page, 2, bytes.length - 4);
    Page content =
        new Page(
            Bytes.of(bytes),
            List.of(entry),
            "next" + page,
            List.of("Medication/1"),
            List.of(new OutcomeCode(true, "4119")));
    return SpoolRecord.of("Goal?patient={patient}", "p", 3, page, content, content.entries());
  }

  private static List<String> load(Spool spool) {
    List<String> pages = new ArrayList<>();
    spool.load(record -> pages.add(record.subject() + record.page() + record.next()));
    return pages;
  }

  private Path segment() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("lake/spool/Goal"))) {
      return files.sorted().findFirst().orElseThrow();
    }
  }

  @Test
  void a_record_comes_back_as_it_was() {
    try (Spool spool = open()) {
      SpoolRecord written = record(1, "{\"Ø\":\u2028}");
      spool.append("Goal", written);
      List<SpoolRecord> read = new ArrayList<>();
      spool.read("Goal", true, read::add);
      SpoolRecord one = read.get(0);
      assertThat(new String(one.body(), UTF_8)).isEqualTo("{\"Ø\":\u2028}");
      assertThat(one).usingRecursiveComparison().ignoringFields("content").isEqualTo(written);
      assertThat(one.entries().get(0).offset()).isZero();
    }
  }

  @Test
  void what_was_appended_is_there_without_a_close() {
    Spool dead = open();
    dead.append("Goal", record(1, "{}"));
    dead.append("Goal", record(2, "{}"));
    try (Spool spool = open()) {
      assertThat(load(spool)).containsExactly("p1next1", "p2next2");
    }
  }

  @Test
  void a_record_that_was_not_written_whole_is_passed_over_wherever_it_ends() throws IOException {
    try (Spool spool = open()) {
      spool.append("Goal", record(1, "{}"));
      spool.append("Goal", record(2, "{\"a\":1}"));
    }
    byte[] whole = Files.readAllBytes(segment());
    int first = whole.length / 2 - 20;
    for (int length = whole.length - 1; length > first + 40; length--) {
      Files.write(segment(), Arrays.copyOf(whole, length));
      assertThat(load(open())).containsExactly("p1next1");
    }
    byte[] damaged = whole.clone();
    damaged[whole.length - 3] ^= 1;
    Files.write(segment(), damaged);
    try (Spool spool = open()) {
      assertThat(load(spool)).containsExactly("p1next1");
      spool.append("Goal", record(2, "{}"));
      List<Integer> pages = new ArrayList<>();
      spool.read("Goal", true, record -> pages.add(record.page()));
      assertThat(pages).containsExactly(1, 2);
    }
  }

  @Test
  void a_page_that_is_lost_under_way_is_noticed() throws IOException {
    try (Spool spool = open()) {
      spool.append("Goal", record(1, "{}"));
      spool.append("Goal", record(2, "{}"));
      spool.roll();
      byte[] damaged = Files.readAllBytes(segment());
      damaged[damaged.length - 3] ^= 1;
      Files.write(segment(), damaged);
      assertThatThrownBy(() -> spool.read("Goal", true, record -> {}))
          .hasMessageContaining("1 of 2 pages are complete");
    }
  }
}
