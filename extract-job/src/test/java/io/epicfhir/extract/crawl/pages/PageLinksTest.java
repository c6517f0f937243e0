package io.epicfhir.extract.crawl.pages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class PageLinksTest {
  @Test
  void theNextPageIsTheLinkOfThatRelation() throws IOException {
    PageLinks links =
        read(
            """
            [{"relation": "self", "url": "http://a/1"},
             {"extension": [{"url": "http://b"}], "relation": "next", "url": " http://a/2 "}]""");

    assertThat(links).isEqualTo(new PageLinks("http://a/2", false));
  }

  @Test
  void withoutSuchALinkThePageIsTheLastOne() throws IOException {
    assertThat(read("[]")).isEqualTo(new PageLinks("", false));
    assertThat(read("[{\"relation\": \"previous\", \"url\": \"http://a/1\"}]"))
        .isEqualTo(new PageLinks("", false));
  }

  @Test
  void aNextLinkWithoutUrlIsTold() throws IOException {
    assertThat(read("[{\"relation\": \"next\"}]")).isEqualTo(new PageLinks("", true));
    assertThat(read("[{\"relation\": \"next\", \"url\": \" \"}]"))
        .isEqualTo(new PageLinks("", true));
  }

  private static PageLinks read(String json) throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      parser.nextToken();
      return PageLinks.read(parser);
    }
  }
}
