package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An export in which the server lists what was deleted, and from which extract has concluded that
 * more is gone: what the server says is its own word all the same.
 */
class ListedDeletionsTest {
  private static final String MONDAY = "2026-01-12T00:00:00Z";
  private static final String TUESDAY = "2026-01-13T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-14T00:00:00Z";

  @TempDir Path root;
  private TestLake lake;

  private void open(boolean inSpark) {
    lake = new TestLake(root).bound(5, 0.05);
    lake = inSpark ? lake.inSpark() : lake;
  }

  private static String[] numbered(String prefix, int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> prefix + i).toArray(String[]::new);
  }

  private TestLake.Export specimens(TestLake.Export export, int to) {
    Stream.of(numbered("s", 0, to)).forEach(id -> export.resource("Specimen", id));
    return export;
  }

  private void rebuiltIsTheSame() {
    List<String> patients = lake.live("Patient");
    List<String> specimens = lake.live("Specimen");
    assertThat(lake.rebuild("Patient", "Specimen").problems()).isEmpty();
    assertThat(lake.live("Patient")).isEqualTo(patients);
    assertThat(lake.live("Specimen")).isEqualTo(specimens);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void areNotBoundedBesideAConclusionThatIsWithinTheBound(boolean inSpark) {
    open(inSpark);
    specimens(lake.patients("e1", MONDAY, numbered("p", 0, 30)), 3).land();
    lake.transform();
    lake.export("e2", TUESDAY)
        .since(MONDAY)
        .listsAsDeleted(numbered("Patient/p", 0, 20))
        .delete("Specimen/s0")
        .concluding()
        .land();

    assertThat(lake.run().problems()).isEmpty();

    assertThat(lake.live("Patient")).hasSize(10);
    assertThat(lake.live("Specimen")).hasSize(2);
    rebuiltIsTheSame();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void areAppliedWhileTooManyConclusionsOfTheExportWait(boolean inSpark) {
    open(inSpark);
    specimens(lake.patients("e1", MONDAY, numbered("p", 0, 30)), 30).land();
    lake.transform();
    lake.export("e2", TUESDAY)
        .since(MONDAY)
        .listsAsDeleted("Patient/p0", "Patient/p1", "Specimen/s29")
        .delete(numbered("Specimen/s", 0, 20))
        .concluding()
        .land();

    assertThat(lake.run().problems()).anyMatch(problem -> problem.contains("20 of"));
    assertThat(lake.live("Patient")).as("the server's own word").hasSize(28);
    assertThat(lake.live("Specimen")).hasSize(29);
    assertThat(lake.run().problems()).as("they still wait").hasSize(1);
    assertThat(lake.live("Patient")).hasSize(28);

    assertThat(lake.accept(Map.of("Specimen", 20L)).problems()).isEmpty();
    assertThat(lake.live("Patient")).hasSize(28);
    assertThat(lake.live("Specimen")).hasSize(9);
    assertThat(lake.run().problems()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endWhatAnotherGroupHoldsAndConclusionsDoNot(boolean inSpark) {
    open(inSpark);
    specimens(lake.patients("a1", MONDAY, "x", "y"), 2).of("a").land();
    specimens(lake.patients("b1", MONDAY, "x", "y"), 2).of("b").land();
    lake.transform();
    lake.export("a2", TUESDAY)
        .of("a")
        .since(MONDAY)
        .listsAsDeleted("Patient/x", "Specimen/s0")
        .delete("Patient/y", "Specimen/s1")
        .concluding()
        .land();

    assertThat(lake.run().problems()).isEmpty();

    assertThat(lake.live("Patient")).containsExactly("y y");
    assertThat(lake.live("Specimen")).hasSize(1).allMatch(line -> line.startsWith("s1 "));
    rebuiltIsTheSame();
    lake.patients("b2", WEDNESDAY, "x").of("b").since(MONDAY).land();
    lake.transform();
    assertThat(lake.live("Patient")).as("seen again").containsExactly("x x", "y y");
  }

  /** A crawl has no such list: all that it says is gone is concluded. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void areNoneOfACrawls(boolean inSpark) {
    open(inSpark);
    lake.patients("c1", MONDAY, numbered("p", 0, 30)).of("crawl:all").land();
    lake.transform();
    lake.export("c2", TUESDAY).of("crawl:all").delete(numbered("Patient/p", 0, 20)).land();

    assertThat(lake.run().problems()).hasSize(1);

    assertThat(lake.live("Patient")).hasSize(30);
  }
}
