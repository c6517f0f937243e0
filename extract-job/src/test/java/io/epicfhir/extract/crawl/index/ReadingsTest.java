package io.epicfhir.extract.crawl.index;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadingsTest {
  @Test
  void every_id_belongs_to_one_part_and_its_last_whole_reading_counts() {
    int found = 0;
    for (int part = 0; part < 3; part++) {
      Readings readings = new Readings(part, 3);
      for (int i = 0; i < 20_000; i++) {
        if (readings.mine("id" + i)) {
          readings.read("id" + i, true, 2L * i + 1);
          readings.read("id" + i, true, 2L * i + 2);
          readings.read("id" + i, false, 100_000 + i);
        }
      }
      for (int i = 0; i < 20_000; i++) {
        if (readings.mine("id" + i)) {
          found++;
          assertThat(readings.last("id" + i, 2L * i + 1)).isFalse();
          assertThat(readings.last("id" + i, 2L * i + 2)).isTrue();
          assertThat(readings.taken("id" + i)).isTrue();
        } else {
          assertThat(readings.seen("id" + i)).isFalse();
        }
      }
    }
    assertThat(found).isEqualTo(20_000);
  }

  @Test
  void what_the_last_crawl_saw_is_known_by_its_content() {
    Readings readings = new Readings(0, 1);
    readings.read("a", true, 1);
    readings.read("part", false, 2);
    Digest content = new Digest().of("content");
    readings.before(new CrawlIndex.Seen("a", "p", "s", content.high(), content.low(), 0));
    readings.before(new CrawlIndex.Seen("gone", "p", "s", 1, 2, 0));

    assertThat(readings.same("a", content)).isTrue();
    assertThat(readings.same("a", new Digest().of("other"))).isFalse();
    assertThat(readings.seen("gone")).isFalse();
    assertThat(readings.seen("part")).isTrue();
    assertThat(readings.taken("part")).isFalse();
    readings.rejected("a");
    assertThat(readings.taken("a")).isFalse();
    assertThat(readings.last("", 7)).isTrue();
  }
}
