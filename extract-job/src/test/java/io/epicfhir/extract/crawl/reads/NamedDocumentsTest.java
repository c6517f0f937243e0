package io.epicfhir.extract.crawl.reads;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.spool.ReadById;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamedDocumentsTest {
  private final NamedDocuments documents = new NamedDocuments();

  private static ReadById read(String id, String accept, String patient) {
    return new ReadById("Binary", id, accept, null, patient);
  }

  @Test
  void those_that_were_left_come_first_and_none_comes_twice() {
    documents.add("Binary/a text/html", "anna");
    documents.add("Binary/b", "ben");

    // b was left and is named still, old was left and is named by nothing now.
    assertThat(documents.inOrder(List.of("b", "old"), document -> true))
        .containsExactly(
            read("b", "*/*", "ben"), read("old", "*/*", ""), read("a", "text/html", "anna"));
  }

  @Test
  void one_that_was_left_keeps_what_is_known_of_it_now() {
    documents.add("Binary/a text/html", "anna");

    assertThat(documents.inOrder(List.of("a"), document -> false))
        .containsExactly(read("a", "text/html", "anna"));
  }

  @Test
  void only_what_nothing_names_any_more_is_asked_about_and_left_out_where_it_came() {
    documents.add("Binary/a", "anna");
    List<String> asked = new ArrayList<>();

    assertThat(
            documents.inOrder(
                List.of("a", "old"),
                document -> {
                  asked.add(document);
                  return false;
                }))
        .containsExactly(read("a", "*/*", "anna"));
    assertThat(asked).containsExactly("Binary/old");
  }
}
