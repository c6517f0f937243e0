package io.epicfhir.extract.crawl.pages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageLinksTest {
  @Test
  void theNextPageIsTheLinkOfThatRelation() throws IOException {
    PageLinks links =
        read(
            """
            [{"relation": "self", "url": "http://a/1"},
             {"extension": [{"url": "http://b"}], "relation": "next", "url": " http://a/2 "}]""");

    assertThat(links).isEqualTo(new PageLinks("http://a/2", false, false));
  }

  @Test
  void withoutSuchALinkThePageIsTheLastOne() throws IOException {
    assertThat(read("[]")).isEqualTo(new PageLinks("", false, false));
    assertThat(read("[{\"relation\": \"previous\", \"url\": \"http://a/1\"}]"))
        .isEqualTo(new PageLinks("", false, false));
  }

  @Test
  void aNextLinkWithoutUrlIsTold() throws IOException {
    assertThat(read("[{\"relation\": \"next\"}]")).isEqualTo(new PageLinks("", true, false));
    assertThat(read("[{\"relation\": \"next\", \"url\": \" \"}]"))
        .isEqualTo(new PageLinks("", true, false));
  }

  @Test
  void aSingleLinkInPlaceOfAListIsReadAndTheRelationHasNoCaseOrBlanks() throws IOException {
    PageLinks next = new PageLinks("http://a/2", false, false);

    assertThat(read("{\"relation\": \"next\", \"url\": \"http://a/2\"}")).isEqualTo(next);
    assertThat(read("[{\"relation\": \"Next\", \"url\": \"http://a/2\"}]")).isEqualTo(next);
    assertThat(read("[{\"relation\": \" next \", \"url\": \"http://a/2\"}]")).isEqualTo(next);
    assertThat(read("null")).isEqualTo(new PageLinks("", false, false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"http://a/2\"",
        "[\"http://a/2\"]",
        "[[{\"relation\": \"next\", \"url\": \"http://a/2\"}]]",
        "[{\"rel\": \"next\", \"href\": \"http://a/2\"}]",
        "[{\"relation\": [\"next\"], \"url\": \"http://a/2\"}]",
        "[{\"url\": \"http://a/2\"}, {\"relation\": \"self\", \"url\": \"http://a/1\"}]",
        "[{\"relation\": \"next\", \"url\": \"http://a/2\"},"
            + " {\"relation\": \"next\", \"url\": \"http://a/3\"}]",
      })
  void aLinkThatDoesNotSayWhatItIsMayBeTheNextOne(String json) throws IOException {
    assertThat(read(json).unreadable()).isTrue();
  }

  private static PageLinks read(String json) throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      parser.nextToken();
      return PageLinks.read(parser);
    }
  }
}
