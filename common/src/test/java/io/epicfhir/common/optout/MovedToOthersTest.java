package io.epicfhir.common.optout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an older text says of a resource that a newer one shows to be another patient's. */
class MovedToOthersTest {
  private static final String ANNA = "Patient/eAnna00112233445566";
  private static final String BERT = "Patient/eBert1234567890abc";
  private static final String OBSERVATION = "Observation/oMoved112233";
  private static final String DOCUMENT = "DocumentReference/dMoved112233";
  private static final String BINARY = "Binary/bMoved11223344";

  @TempDir Path folder;
  private OptOutList list;

  @BeforeEach
  void add() {
    list = new OptOutList(new Lake(new LakePaths(folder.toUri().toString()), new Configuration()));
    list.add(
        List.of(new OptOutList.Person(new TreeSet<>(Set.of(ANNA)), Set.of())),
        List.of(OBSERVATION, DOCUMENT, BINARY));
  }

  private static boolean keepsOut(OptOuts optOuts, String resource, String... names) {
    byte[] text = ("{\"x\":[\"" + String.join("\",\"", names) + "\"]}").getBytes(UTF_8);
    int slash = resource.indexOf('/');
    return optOuts.keepsOut(
        resource.substring(0, slash), resource.substring(slash + 1), text, 0, text.length);
  }

  /** The list as it is when these texts have taken from it what they show. */
  private OptOuts after(String resource, String... names) {
    OptOuts reads = list.load();
    assertThat(keepsOut(reads, resource, names)).isFalse();
    list.release(reads.released());
    return list.load().knowing(reads.shown());
  }

  @Test
  void itStaysOutAndTeachesNothing() {
    OptOuts files = after(OBSERVATION, BERT);

    assertThat(keepsOut(files, OBSERVATION, ANNA)).isTrue();

    assertThat(files.learned()).isEmpty();
    assertThat(files.keptOut()).as("the tables have it as his").isEmpty();
    assertThat(keepsOut(files, "Provenance/vMoved112233", OBSERVATION)).isFalse();
  }

  @Test
  void norDoesAnotherThreadsCopy() {
    OptOuts files = after(OBSERVATION, BERT).copy();

    assertThat(keepsOut(files, OBSERVATION, ANNA)).isTrue();

    assertThat(files.learned()).isEmpty();
  }

  @Test
  void itsDocumentsDoNotStayOutByIt() {
    OptOuts files = after(DOCUMENT, BERT, BINARY);

    assertThat(keepsOut(files, DOCUMENT, ANNA, BINARY)).isTrue();

    assertThat(files.learned()).isEmpty();
    assertThat(keepsOut(files, BINARY)).isFalse();
  }

  @Test
  void aDocumentThatSaysItselfWhoseItIsStaysOutByNoOther() {
    OptOuts files = after(BINARY, BERT);

    assertThat(keepsOut(files, DOCUMENT, ANNA, BINARY)).isTrue();

    assertThat(files.learned()).isEmpty();
    assertThat(files.keptOut()).as("the document itself is hers").hasSize(1);
  }

  /** It does not say whose it is, and both name it. */
  @Test
  void aDocumentStaysOutByWhatIsStillHers() {
    OptOuts files = after(DOCUMENT, BERT, BINARY);

    assertThat(keepsOut(files, "DocumentReference/dHers1122334", ANNA, BINARY)).isTrue();

    assertThat(files.learned()).containsAll(files.hashesOf(BINARY));
  }

  /** The hospital has moved it back. */
  @Test
  void aLaterExportLearnsItAgain() {
    after(OBSERVATION, BERT);
    OptOuts next = list.load();

    assertThat(keepsOut(next, OBSERVATION, ANNA)).isTrue();

    assertThat(next.learned()).isEqualTo(next.hashesOf(OBSERVATION));
    assertThat(next.keptOut()).hasSize(1);
  }
}
