package io.epicfhir.extract.crawl.reads;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.HeldDocument;
import io.epicfhir.extract.crawl.spool.ReadById;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamedDocumentsTest {
  private final NamedDocuments documents = new NamedDocuments();

  private static ReadById read(String id, String accept, String patient) {
    return new ReadById("Binary", id, accept, null, patient, "");
  }

  private static HeldDocument left(String id, String patient, String type) {
    return new HeldDocument(id, patient, type);
  }

  private static CrawlIndex.Seen seen(String id, String patient, String type) {
    return new CrawlIndex.Seen(id, patient, "", 1, 2, 3, false, type);
  }

  @Test
  void those_that_were_left_come_first_and_none_comes_twice() {
    documents.add("Binary/a text/html", "anna");
    documents.add("Binary/b", "ben");

    // b was left and is named still, old was left and is named by nothing now.
    assertThat(
            documents.inOrder(
                List.of(left("b", "ben", ""), left("old", "olga", "text/rtf"), left("id", "", "")),
                document -> true))
        .containsExactly(
            read("b", "*/*", "ben"),
            read("old", "text/rtf", "olga"),
            read("id", "*/*", ""),
            read("a", "text/html", "anna"));
  }

  @Test
  void one_that_was_left_keeps_what_is_known_of_it_now() {
    documents.add("Binary/a text/html", "anna");

    assertThat(documents.inOrder(List.of(left("a", "", "")), document -> false))
        .containsExactly(read("a", "text/html", "anna"));
  }

  @Test
  void only_what_nothing_names_any_more_is_asked_about_and_left_out_where_it_came() {
    documents.add("Binary/a", "anna");
    List<HeldDocument> asked = new ArrayList<>();

    assertThat(
            documents.inOrder(
                List.of(left("a", "", ""), left("old", "olga", "")),
                document -> {
                  asked.add(document);
                  return false;
                }))
        .containsExactly(read("a", "*/*", "anna"));
    assertThat(asked).containsExactly(left("old", "olga", ""));
  }

  @Test
  void an_attachment_without_a_type_leaves_the_type_that_the_document_had() {
    documents.readBefore(seen("a", "anna", "application/pdf"));
    documents.add("Binary/a", "anna");

    assertThat(documents.inOrder(List.of(), document -> true))
        .containsExactly(read("a", "application/pdf", "anna"));
  }

  @Test
  void a_document_that_is_not_read_again_follows_what_points_to_it_now() {
    documents.readLately(seen("moved", "anna", "text/rtf"));
    documents.readLately(seen("unknown", "", ""));
    documents.readLately(seen("shared", "anna", "text/rtf"));
    documents.readLately(seen("unnamed", "anna", "text/rtf"));
    documents.again("Binary/moved text/html", "ben");
    documents.again("Binary/unknown text/rtf", "ben");
    documents.again("Binary/shared text/html", "ben");
    documents.again("Binary/shared text/rtf", "anna");
    documents.again("Binary/shared", "");
    documents.again("Binary/new text/html", "ben");

    assertThat(documents.carried(seen("moved", "anna", "text/rtf")))
        .isEqualTo(seen("moved", "ben", "text/html"));
    assertThat(documents.carried(seen("unknown", "", "")))
        .isEqualTo(seen("unknown", "ben", "text/rtf"));
    assertThat(documents.carried(seen("shared", "anna", "text/rtf")))
        .isEqualTo(seen("shared", "anna", "text/rtf"));
    assertThat(documents.carried(seen("unnamed", "anna", "text/rtf")))
        .isEqualTo(seen("unnamed", "anna", "text/rtf"));
  }
}
