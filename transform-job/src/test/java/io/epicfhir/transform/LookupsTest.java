package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.Sha256;
import io.epicfhir.transform.lookups.LookupResults;
import io.epicfhir.transform.lookups.Lookups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lookups of files: what is in the file is in the table, and a half file changes nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LookupsTest {
  @TempDir private Path root;
  private int number;

  /** A lake of its own, of the class's one session. */
  private TestLake lake() {
    number++;
    return new TestLake(root.resolve("lake" + number));
  }

  private static LookupResults run(TestLake lake, Optional<Path> large) {
    return new Lookups(
            TestLake::spark,
            lake.lake(),
            Optional.of(lake.root().resolve("lookups-conf")).filter(Files::isDirectory),
            large.map(folder -> folder.toUri().toString()))
        .bringUpToDate();
  }

  @Test
  void aCsvHasItsTypesAndKeepsNullsBlanksAndDigits() {
    TestLake lake =
        lake()
            .lookup(
                "classes.csv",
                "\uFEFFcode,weight:decimal,count:integer,active:boolean,since:date,big:integer64\r\n"
                    + "0012, 1.50,,true,2024-02-29,9007199254740993\r\n".replace(" 1", "1")
                    + "\"a \"\"b\"\",\nc\",\"\",7,false,,\n");
    // "" is an empty text, which is no decimal: line 3 of the file.
    assertThat(run(lake, Optional.empty()).failed().get("classes"))
        .isEqualTo(
            "Lookup classes keeps its last good table. classes.csv:3: column weight: a value is not"
                + " a decimal");
    lake.lookup(
        "classes.csv",
        """
        code,weight:decimal,count:integer,active:boolean,since:date,big:integer64,note
        0012,1.50,,true,2024-02-29,9007199254740993,

        "a ""b"",
        c",-0.00,7,false,,,""
        """);
    LookupResults results = run(lake, Optional.empty());
    assertThat(results.done().get("classes").state().rows()).isEqualTo(2);
    assertThat(lake.table("lookups/classes"))
        .containsExactly(
            "0012 1.50 null true 2024-02-29 9007199254740993 null",
            "a \"b\",\nc 0.00 7 false null null ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "a,b⏎1⏎|x.csv:2: the line has 1 values, and the header has 2",
        "a,b⏎1,2⏎1,2,3⏎|x.csv:3: the line has 3 values, and the header has 2",
        "a,b⏎1,2⏎1,|x.csv:3: the last line has no line break",
        "a,b⏎1,\"2⏎3,4⏎|x.csv:2: the quotation mark that opens here is not closed",
        "a,b⏎1,2\"⏎|x.csv:2: a value that contains a quotation mark must be quoted",
        "a,b⏎1,\"2\"x⏎|x.csv:2: a closing quotation mark must be followed",
        "a,a⏎1,2⏎|x.csv:1: the column a occurs twice",
        "a,b:int⏎1,2⏎|x.csv:1: \"int\" is not a column type",
        "a, ⏎1,2⏎|x.csv:1: \"\" is not a valid column name",
        "a:integer⏎x⏎|x.csv:2: column a: a value is not an integer",
        "a:date⏎2023-02-29⏎|x.csv:2: column a: a value is not a date like 2024-01-31",
        "a:boolean⏎yes⏎|x.csv:2: column a: a value is neither true nor false",
        "code,class⏎1,a⏎2,b⏎1,c⏎|x.csv:4: the line has the same code as line 2, so a join would double rows; remove one of the two",
        "system,code⏎s,1⏎t,1⏎s,1⏎|x.csv:4: the line has the same code and system as line 2",
        "system,code⏎,1⏎,1⏎|x.csv:3: the line has the same code and system as line 2",
        "Code,display⏎\"a⏎b\",x⏎\"a⏎b\",x⏎|x.csv:4: the line has the same code as line 2",
      })
  void aBrokenCsvIsRefusedWithItsLine(String text, String message) {
    TestLake lake = lake().lookup("x.csv", text.replace('⏎', '\n')).lookup("y.csv", "a\n1\n");
    LookupResults results = run(lake, Optional.empty());
    assertThat(results.failed().get("x")).contains(message);
    assertThat(results.done()).containsOnlyKeys("y");
    assertThat(lake.root().resolve("lookups/x")).doesNotExist();
  }

  @Test
  void oneCodeOfTwoSystemsALineWithoutACodeAndAMapOfCodesMayRepeat() {
    TestLake lake =
        lake()
            .lookup("classes.csv", "system,code,class\ns,1,a\nt,1,b\ns,,c\ns,,d\n")
            .lookup("map.csv", "source_system,source_code,target_code\ns,1,a\ns,1,b\n");
    assertThat(run(lake, Optional.empty()).failed()).isEmpty();
    assertThat(lake.table("lookups/classes")).hasSize(4);
    assertThat(lake.table("lookups/map")).containsExactly("s 1 a", "s 1 b");
  }

  @Test
  void aLookupThatBeginsToRepeatACodeKeepsItsTable() {
    TestLake lake = lake().lookup("x.csv", "code,class\n1,a\n");
    run(lake, Optional.empty());
    lake.lookup("x.csv", "code,class\n1,a\n1,b\n");
    LookupResults results = run(lake, Optional.empty());
    assertThat(results.failed().get("x"))
        .startsWith("Lookup x keeps its last good table. x.csv:3: the line has the same code");
    assertThat(results.table("x")).isPresent();
    assertThat(lake.table("lookups/x")).containsExactly("1 a");
  }

  @Test
  void aCodeInTwoPlacesOfAnExpansionIsOneRow() {
    TestLake lake =
        lake()
            .lookup(
                "tree.json",
                """
                {"resourceType": "ValueSet", "expansion": {"total": 3, "contains": [
                  {"system": "s", "code": "a", "display": "A", "contains": [
                    {"system": "s", "code": "b", "display": "B"}]},
                  {"system": "s", "code": "b", "display": "B"}]}}
                """);
    assertThat(run(lake, Optional.empty()).failed()).isEmpty();
    assertThat(lake.table("lookups/tree")).containsExactly("s null a A false", "s null b B false");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"resourceType\": \"CodeSystem\", \"content\": \"not-present\"}|its content is \"not-present\"",
        "{\"resourceType\": \"CodeSystem\", \"content\": \"complete\", \"count\": 2, \"concept\": [{\"code\": \"a\"}]}|its count says 2 concepts, but it contains 1",
        "{\"resourceType\": \"CodeSystem\", \"content\": \"fragment\", \"concept\": [{\"code\": \"a\"}, {\"code\": \"a\"}]}|the code a occurs twice",
        "{\"resourceType\": \"ValueSet\", \"expansion\": {\"total\": 3, \"contains\": [{\"code\": \"a\"}]}}|its expansion has 1 codes of a total of 3",
        "{\"resourceType\": \"ValueSet\", \"expansion\": {\"offset\": 100, \"contains\": []}}|it is only one page of an expansion",
        "{\"resourceType\": \"ValueSet\", \"expansion\": {\"extension\": [{\"url\": \"http://hl7.org/fhir/StructureDefinition/valueset-toocostly\", \"valueBoolean\": true}]}}|too costly",
        "{\"resourceType\": \"ValueSet\", \"expansion\": {\"extension\": [{\"url\": \"http://hl7.org/fhir/StructureDefinition/valueset-unclosed\", \"valueBoolean\": true}]}}|other codes may be in the value set",
        "{\"resourceType\": \"ValueSet\", \"compose\": {\"include\": [{\"system\": \"s\"}]}}|it selects codes by a filter",
        "{\"resourceType\": \"ValueSet\", \"compose\": {\"include\": [{\"valueSet\": [\"v\"]}]}}|it selects codes by a filter",
        "{\"resourceType\": \"ValueSet\"}|it has neither an expansion nor a list",
        "{\"resourceType\": \"ConceptMap\", \"group\": [{\"unmapped\": {\"mode\": \"fixed\"}}]}|\"unmapped\" gives no row",
        "{\"resourceType\": \"Patient\"}|a lookup must be a CodeSystem",
        "{\"resourceType\": \"CodeSystem\", \"content\": \"complete\"|x.json:1: this is not valid JSON from here on",
      })
  void aTerminologyResourceThatDoesNotHoldAllItsCodesIsRefused(String json, String message) {
    TestLake lake = lake().lookup("x.json", json);
    assertThat(run(lake, Optional.empty()).failed().get("x")).contains("x.json", message);
  }

  @Test
  void terminologyResourcesAreTablesOfTheirCodes() {
    TestLake lake =
        lake()
            .lookup(
                "system.json",
                """
                {"resourceType": "CodeSystem", "url": "u", "version": "1", "content": "complete",
                 "count": 3, "concept": [
                   {"code": "a", "display": "A", "concept": [
                     {"code": "b", "property": [{"code": "inactive", "valueBoolean": true}]}]},
                   {"code": "c", "property": [{"code": "status", "valueCode": "retired"}]}]}
                """)
            .lookup(
                "expanded.json",
                """
                {"resourceType": "ValueSet", "expansion": {"total": 3, "contains": [
                  {"system": "s", "code": "g", "abstract": true, "contains": [
                    {"system": "s", "version": "2", "code": "a", "inactive": true}]},
                  {"system": "s", "code": "b", "display": "B"}]},
                 "compose": {"include": [{"system": "s", "filter": [{}]}]}}
                """)
            .lookup(
                "listed.json",
                """
                {"resourceType": "ValueSet", "compose": {
                  "include": [{"system": "s", "concept": [{"code": "a"}, {"code": "b"}]},
                              {"system": "s", "concept": [{"code": "a"}]}],
                  "exclude": [{"system": "s", "concept": [{"code": "b"}]}]}}
                """)
            .lookup(
                "map.json",
                """
                {"resourceType": "ConceptMap", "group": [
                  {"source": "s|1", "target": "t", "element": [
                    {"code": "a", "target": [{"code": "x", "equivalence": "narrower"},
                                             {"equivalence": "unmatched"}]},
                    {"code": "b", "target": [{"code": "y", "relationship": "equivalent"}]},
                    {"code": "c", "noMap": true}]}]}
                """);
    assertThat(run(lake, Optional.empty()).failed()).isEmpty();
    assertThat(lake.table("lookups/system"))
        .containsExactly("u 1 a A false", "u 1 b null true", "u 1 c null true");
    assertThat(lake.table("lookups/expanded"))
        .containsExactly("s 2 a null true", "s null b B false");
    assertThat(lake.table("lookups/listed")).containsExactly("s null a null false");
    assertThat(lake.table("lookups/map"))
        .containsExactly("s a t x source-is-broader-than-target", "s b t y equivalent");
  }

  @Test
  void aLargeVocabularyIsReadAsItIsAndABrokenOneKeepsItsTable() throws IOException {
    TestLake lake = lake();
    Path folder = Files.createDirectories(lake.root().resolve("athena"));
    Path file = folder.resolve("CONCEPT.csv");
    Files.writeString(
        file, "concept_id\tconcept_name\tinvalid_reason\n1\tA \"b\\\" c\t\n02\tx, y\tD\n");
    LookupResults results = run(lake, Optional.of(folder));
    assertThat(lake.table("lookups/concept")).containsExactly("02 x, y D", "1 A \"b\\\" c null");
    assertThat(results.done().get("concept").rebuilt()).isTrue();
    assertThat(run(lake, Optional.of(folder)).done().get("concept").rebuilt()).isFalse();
    Files.writeString(file, "concept_id\tconcept_name\tinvalid_reason\n1\tA\t\n2\tcut");
    results = run(lake, Optional.of(folder));
    assertThat(results.failed().get("concept"))
        .contains("CONCEPT.csv:3: the last line has no line break");
    assertThat(results.table("concept")).as("the last good one").isPresent();
    Files.writeString(file, "concept_id\tconcept_name\tinvalid_reason\n1\tA\n");
    assertThat(run(lake, Optional.of(folder)).failed().get("concept"))
        .contains("CONCEPT.csv:2: the line has 2 values, and the header has 3");
    assertThat(lake.table("lookups/concept")).hasSize(2);
  }

  @Test
  void aLargeVocabularyWithOneCodeTwiceIsRefused() throws IOException {
    TestLake lake = lake();
    Path folder = Files.createDirectories(lake.root().resolve("athena"));
    Files.writeString(folder.resolve("tests.tsv"), "system\tcode\tname\ns\t1\ta\nt\t1\tb\n");
    assertThat(run(lake, Optional.of(folder)).failed()).isEmpty();
    Files.writeString(folder.resolve("tests.tsv"), "system\tcode\tname\ns\t1\ta\ns\t1\tb\n");
    assertThat(run(lake, Optional.of(folder)).failed().get("tests"))
        .contains(
            "tests.tsv: two lines have the same code and system, so a join would double rows");
    assertThat(lake.table("lookups/tests")).containsExactly("s 1 a", "t 1 b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"twice", "once"})
  @DisplayName("after an upgrade the file is the same, and the way of reading it is another one")
  void aLargeOneThatAnEarlierReleaseReadIsReadOnceMore(String codes) throws IOException {
    TestLake lake = lake();
    Path folder = Files.createDirectories(lake.root().resolve("athena"));
    Path file = folder.resolve("tests.tsv");
    Files.writeString(file, "code\tname\n1\ta\n2\tb\n");
    FileTime time = Files.getLastModifiedTime(file);
    assertThat(run(lake, Optional.of(folder)).failed()).isEmpty();
    if (codes.equals("twice")) {
      Files.writeString(file, "code\tname\n1\ta\n1\tb\n");
      Files.setLastModifiedTime(file, time);
    }
    Path state = lake.root().resolve("state/lookups/tests.json");
    String before =
        Files.readString(state)
            .replaceFirst(
                "(\"stamp\" : )\"[^\"]*\"",
                "$1\"" + Files.size(file) + " " + time.toMillis() + "\"")
            .replaceFirst(
                "(\"hash\" : )\"[^\"]*\"",
                "$1\"" + Sha256.hex("1 tests.tsv" + Files.readString(file)) + "\"");
    Files.writeString(state, before);

    LookupResults results = run(lake, Optional.of(folder));

    if (codes.equals("twice")) {
      assertThat(results.failed().get("tests"))
          .contains("tests.tsv: two lines have the same code, so a join would double rows");
    } else {
      assertThat(results.done().get("tests").rebuilt()).isTrue();
      assertThat(run(lake, Optional.of(folder)).done().get("tests").rebuilt()).as("once").isFalse();
    }
    assertThat(lake.table("lookups/tests")).containsExactly("1 a", "2 b");
  }

  @Test
  void oneThatCannotBeReadKeepsItsTableAndTheOthersAreBuilt() throws IOException {
    TestLake lake = lake().lookup("x.csv", "code\na\n");
    Path folder = Files.createDirectories(lake.root().resolve("athena"));
    Path file = folder.resolve("CONCEPT.csv");
    Files.writeString(file, "concept_id\tconcept_name\n1\tA\n");
    assertThat(run(lake, Optional.of(folder)).failed()).isEmpty();
    Files.writeString(file, "concept_id\tconcept_name\n1\tB\n2\tC\n");
    // The checksum of a file that was there before; the name says whose it is.
    Files.write(
        folder.resolve(".CONCEPT.csv.crc"), new byte[] {'c', 'r', 'c', 0, 0, 0, 2, 0, 1, 2, 3, 4});
    lake.lookup("x.csv", "code\na\nb\n");
    LookupResults results = run(lake, Optional.of(folder));
    assertThat(results.failed()).containsOnlyKeys("concept");
    assertThat(results.failed().get("concept"))
        .isEqualTo(
            "Lookup concept keeps its last good table. CONCEPT.csv: the file cannot be read; check"
                + " its permissions, or fetch it again");
    assertThat(results.table("concept")).as("the last good one").isPresent();
    assertThat(lake.table("lookups/concept")).containsExactly("1 A");
    assertThat(lake.table("lookups/x")).containsExactly("a", "b");
  }

  @Test
  void aFileThatLostItsRowsKeepsItsTable() throws IOException {
    TestLake lake = lake().lookup("x.csv", "code\na\nb\n").lookup("y.csv", "code\n");
    assertThat(run(lake, Optional.empty()).failed()).as("one may begin empty").isEmpty();
    lake.lookup("x.csv", "code\n");
    LookupResults results = run(lake, Optional.empty());
    assertThat(results.failed().get("x"))
        .startsWith(
            "Lookup x keeps its last good table. x.csv: the file has no rows, but the table has 2");
    assertThat(results.table("x")).isPresent();
    assertThat(lake.table("lookups/x")).containsExactly("a", "b");
    Files.delete(lake.root().resolve("state/lookups/x.json"));
    assertThat(run(lake, Optional.empty()).failed()).as("somebody meant it").isEmpty();
    assertThat(lake.table("lookups/x")).isEmpty();
  }

  @Test
  void aFolderOfLargeOnesThatIsGoneKeepsTheirTables() throws IOException {
    TestLake lake = lake().lookup("x.csv", "code\na\n");
    Path folder = Files.createDirectories(lake.root().resolve("athena"));
    Path file = folder.resolve("CONCEPT.csv");
    Files.writeString(file, "concept_id\tconcept_name\n1\tA\n");
    assertThat(run(lake, Optional.of(folder)).failed()).isEmpty();
    Files.delete(file);
    for (boolean there : new boolean[] {true, false}) {
      if (!there) {
        Files.delete(folder);
      }
      LookupResults results = run(lake, Optional.of(folder));
      assertThat(results.failed()).containsOnlyKeys("concept");
      assertThat(results.failed().get("concept"))
          .startsWith("Lookup concept keeps its last good table. CONCEPT.csv: the folder ")
          .contains("athena", " is missing or empty");
      assertThat(results.table("concept")).isPresent();
      assertThat(results.done()).containsOnlyKeys("x");
    }
  }

  private static final Map<String, String> TEXTS =
      Map.of(
          "x.csv", "code\n%s\n",
          "x.json",
              "{\"resourceType\": \"CodeSystem\", \"content\": \"complete\", \"url\": \"u\", \"concept\": [{\"code\": \"%s\"}]}",
          "X.tsv", "code\tname\n%s\tn\n");

  /** What a kill leaves: the table has the commit, and its state is the one of before. */
  @ParameterizedTest
  @CsvSource({"x.csv, C", "x.json, A", "X.tsv, broken", "X.tsv, gone"})
  void aKillBetweenACommitAndItsStateIsNoticed(String file, String then) throws IOException {
    TestLake lake = lake();
    boolean large = file.endsWith("tsv");
    Path folder = Files.createDirectories(lake.root().resolve(large ? "athena" : "lookups-conf"));
    Optional<Path> athena = large ? Optional.of(folder) : Optional.empty();
    Path path = folder.resolve(file);
    Files.writeString(path, TEXTS.get(file).formatted("A"));
    FileTime time = Files.getLastModifiedTime(path);
    run(lake, athena);
    Path state = lake.root().resolve("state/lookups/x.json");
    String before = Files.readString(state);
    Files.writeString(path, TEXTS.get(file).formatted("B"));
    Files.setLastModifiedTime(path, FileTime.fromMillis(time.toMillis() + 60_000));
    run(lake, athena);
    Files.writeString(state, before);

    switch (then) {
      case "gone" -> Files.delete(path);
      case "broken" -> {
        String whole = TEXTS.get(file).formatted("C");
        Files.writeString(path, whole.substring(0, whole.length() - 1));
      }
      case "empty" -> Files.writeString(path, "code\n");
      default -> Files.writeString(path, TEXTS.get(file).formatted(then));
    }
    if (then.equals("A")) {
      Files.setLastModifiedTime(path, time); // as a restore does
    }
    LookupResults results = run(lake, athena);

    boolean stays = List.of("gone", "broken", "empty").contains(then);
    assertThat(lake.table("lookups/x")).singleElement().asString().contains(stays ? "B" : then);
    assertThat(results.failed().containsKey("x")).isEqualTo(stays);
    assertThat(results.table("x").orElseThrow().deltaVersion())
        .as("what joined tables note")
        .isEqualTo(lake.log("lookups/x").version().orElseThrow());
    assertThat(results.changed().containsKey("x")).as("rebuilt").isEqualTo(!stays);
    assertThat(run(lake, athena).changed()).as("once").isEmpty();
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({
    "x.csv, A",
    "x.csv, B",
    "x.csv, broken",
    "x.csv, empty",
    "x.json, broken",
    "X.tsv, A",
    "X.tsv, C"
  })
  void alsoWhateverTheFileBecameThen(String file, String then) throws IOException {
    aKillBetweenACommitAndItsStateIsNoticed(file, then);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"lookup\": \"x", "{\"a\": 1}", "[]"})
  void aStateThatCannotBeReadRebuildsItsTableOnly(String text) throws IOException {
    TestLake lake = lake().lookup("x.csv", "code\na\n").lookup("y.csv", "code\nb\n");
    run(lake, Optional.empty());
    Files.writeString(lake.root().resolve("state/lookups/x.json"), text);
    LookupResults results = run(lake, Optional.empty());
    assertThat(results.failed()).isEmpty();
    assertThat(results.changed()).isEqualTo(Map.of("x", "its state could not be read"));
    assertThat(results.done().get("y").rebuilt()).isFalse();
    assertThat(lake.table("lookups/x")).containsExactly("a");
  }

  @Test
  void aStateOfANewerPipelineStopsItsLookupOnly() throws IOException {
    TestLake lake = lake().lookup("x.csv", "code\na\n").lookup("y.csv", "code\nb\n");
    run(lake, Optional.empty());
    Path state = lake.root().resolve("state/lookups/x.json");
    String newer =
        Files.readString(state).replace("\"schema_version\" : 1", "\"schema_version\" : 2");
    Files.writeString(state, newer);
    lake.lookup("x.csv", "code\nc\n").lookup("y.csv", "code\nd\n");
    LookupResults results = run(lake, Optional.empty());
    assertThat(results.failed()).containsOnlyKeys("x");
    assertThat(results.failed().get("x")).contains("a newer version of the pipeline wrote");
    assertThat(lake.table("lookups/x")).containsExactly("a");
    assertThat(lake.table("lookups/y")).containsExactly("d");
    assertThat(state).hasContent(newer);
  }

  @Test
  void twoFilesOfOneNameAreNotUsed() {
    TestLake lake = lake().lookup("x.csv", "a\n1\n").lookup("X.json", "{}");
    assertThat(run(lake, Optional.empty()).failed()).containsOnlyKeys("x", "X");
  }
}
