package io.epicfhir.transform;

import io.epicfhir.common.Sha256;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.transform.erase.Erasure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageTypeParser;

/**
 * A lake with a past: Anna (also under an older id that was merged), her baby, and Bert, in two
 * exports; a resource that moved from Anna to Bert; what only Anna's resources refer to; lines in
 * quarantine; a list of both; digests and staged files in the state.
 */
final class ErasedClinic {
  static final String ANNA = "eAnna00112233445566";
  static final String OLD_ANNA = "eOldAnna998877665544";
  static final String BERT = "eBert1234567890abc";
  static final String MRN_SYSTEM = "urn:oid:1.2.840.114350.1";
  static final String MRN = "MRN-4711-ANNA";

  /** In all that is Anna's. */
  static final List<String> HERS =
      List.of(ANNA, OLD_ANNA, MRN, "oHers0001122", "oOldHers334455", "vHers998877", "bHers112299");

  final TestLake lake;
  final Path folder;

  ErasedClinic(Path folder) throws IOException {
    this.folder = folder;
    this.lake = new TestLake(folder).viewOfKeys("Patient").viewOfKeys("Provenance");
    lake.view(
        "Observation",
        """
        {"resourceType": "ViewDefinition", "name": "observation", "resource": "Observation",
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
           {"name": "patient_id", "path": "subject.getReferenceKey(Patient)"}]}]}
        """);
    first();
    lake.transform();
    second();
    lake.transform();
    quarantine();
    state();
  }

  private void first() {
    TestLake.Export export = lake.export("e1", "2026-01-10T00:00:00Z");
    patient(export, ANNA, ",\"identifier\":[" + identifier(MRN) + "]" + link("replaces", OLD_ANNA));
    patient(export, OLD_ANNA, link("replaced-by", ANNA));
    patient(export, BERT, ",\"identifier\":[" + identifier("MRN-0815") + "]");
    of(export, "Observation", "oHers0001122", ANNA, "");
    of(export, "Observation", "oOldHers334455", OLD_ANNA, "");
    of(export, "Observation", "oHis55667788", BERT, "");
    of(export, "Observation", "oMoved1122334", ANNA, "");
    of(export, "Observation", "42", ANNA, "");
    of(export, "Condition", "42", BERT, ",\"partOf\":[{\"reference\":\"List/lBoth11223344\"}]");
    resource(
        export,
        "List",
        "lBoth11223344",
        ",\"entry\":[{\"item\":{\"reference\":\"Patient/%s\"}},{\"item\":{\"reference\":\"Patient/%s\"}}]"
            .formatted(ANNA, BERT));
    resource(
        export,
        "Provenance",
        "vHers998877",
        ",\"target\":[{\"reference\":\"https:\\/\\/ehr.example\\/R4\\/Observation\\/oHers0001122\"}]");
    resource(
        export,
        "Provenance",
        "vHis998877",
        ",\"target\":[{\"reference\":\"Observation/oHis55667788\"}]");
    of(
        export,
        "DocumentReference",
        "dHers445566",
        ANNA,
        ",\"content\":[{\"attachment\":{\"url\":\"Binary/bHers112299\"}}],"
            + "\"author\":[{\"reference\":\"Practitioner/rHouse112233\"}]");
    resource(export, "Binary", "bHers112299", ",\"data\":\"SGVycw==\"");
    resource(export, "Binary", "bHis112299", ",\"data\":\"SGlz\"");
    resource(export, "Practitioner", "rHouse112233", "");
    export.land();
  }

  private void second() {
    TestLake.Export export =
        lake.export("e2", "2026-01-11T00:00:00Z").since("2026-01-10T00:00:00Z");
    export.resource(
        "Observation",
        "oMoved1122334",
        "2",
        "2026-01-11T00:00:00Z",
        json("Observation", "oMoved1122334", subject(BERT)));
    export.delete("Observation/oOldHers334455", "Observation/oHis55667788", "Observation/42");
    export.land();
  }

  private static void patient(TestLake.Export export, String id, String more) {
    resource(export, "Patient", id, more);
  }

  private static void of(
      TestLake.Export export, String type, String id, String patient, String more) {
    resource(export, type, id, subject(patient) + more);
  }

  private static void resource(TestLake.Export export, String type, String id, String more) {
    export.resource(type, id, "1", "2026-01-05T00:00:00Z", json(type, id, more));
  }

  static String json(String type, String id, String more) {
    return "{\"resourceType\":\"%s\",\"id\":\"%s\"%s}".formatted(type, id, more);
  }

  static String subject(String patient) {
    return ",\"subject\":{\"reference\":\"Patient/" + patient + "\"}";
  }

  private static String identifier(String value) {
    return "{\"system\":\"%s\",\"value\":\"%s\"}".formatted(MRN_SYSTEM, value);
  }

  private static String link(String type, String other) {
    return ",\"link\":[{\"other\":{\"reference\":\"Patient/%s\"},\"type\":\"%s\"}]"
        .formatted(other, type);
  }

  private void quarantine() throws IOException {
    quarantine("e1", "{\"id\":\"" + ANNA + "\", cut", "{\"id\":\"" + BERT + "\", cut");
    Path view = Files.createDirectories(folder.resolve("quarantine/view=observation"));
    Files.writeString(
        view.resolve("part-1.ndjson"),
        """
        {"resource_type":"Observation","id":"42","part":"","path":"","reason":"x"}
        {"resource_type":"Condition","id":"42","part":"","path":"","reason":"x"}
        """);
  }

  /** Puts lines of a file into quarantine. */
  void quarantine(String export, String... lines) throws IOException {
    Path of =
        Files.createDirectories(folder.resolve("quarantine/extraction_date=2026-01-01/" + export));
    var schema =
        MessageTypeParser.parseMessageType(
            """
            message quarantine {
              required binary reason (STRING); required binary source_file (STRING);
              required int64 source_line; required int32 part; required binary line;
            }
            """);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(
                HadoopOutputFile.fromPath(
                    new org.apache.hadoop.fs.Path(of.resolve("q.parquet").toUri()),
                    new Configuration()))
            .withType(schema)
            .build()) {
      for (int i = 0; i < lines.length; i++) {
        Group row = new SimpleGroupFactory(schema).newGroup();
        row.append("reason", "not-a-json-object")
            .append("source_file", "Patient")
            .append("source_line", (long) i)
            .append("part", 0)
            .append("line", Binary.fromString(lines[i]));
        writer.write(row);
      }
    }
  }

  private void state() throws IOException {
    Path groups = Files.createDirectories(folder.resolve("state/groups"));
    Files.writeString(groups.resolve("g.patients"), digest(ANNA) + "\n" + digest(BERT) + "\n");
    Path staging = Files.createDirectories(folder.resolve("state/exports/e3/staging"));
    Files.writeString(staging.resolve("patients.txt"), ANNA);
    Files.writeString(
        folder.resolve("state/exports/e3/members.json"),
        "{\"members\":[\"" + digest(ANNA) + "\",\"" + digest(BERT) + "\"],\"newcomers\":0}");
    Path traces = Files.createDirectories(folder.resolve("traces/etl"));
    Files.writeString(traces.resolve("t.txt"), "cannot parse Patient/" + OLD_ANNA);
  }

  static String digest(String id) {
    return Sha256.name(id, 8);
  }

  Erasure erasure(Set<String> ids, Set<String> identifiers) {
    return new Erasure(TestLake.spark(), lake.lake(), new NamedPatients(ids, identifiers));
  }

  Erasure.Result erase() {
    return erasure(Set.of(ANNA), Set.of()).go(Duration.ZERO);
  }

  /** Files that hold one of the texts: Parquet row by row, all by their bytes. */
  List<String> filesWith(List<String> texts) {
    return filesWith(folder, texts);
  }

  static List<String> filesWith(Path folder, List<String> texts) {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (texts.stream().anyMatch(text(file)::contains)) {
          found.add(folder.relativize(file).toString());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static String text(Path file) throws IOException {
    String raw = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    if (!file.toString().endsWith(".parquet")) {
      return raw;
    }
    StringBuilder text = new StringBuilder(raw);
    var path = new org.apache.hadoop.fs.Path(file.toUri());
    try (ParquetReader<Group> rows = ParquetReader.builder(new GroupReadSupport(), path).build()) {
      for (Group row = rows.read(); row != null; row = rows.read()) {
        text.append(row);
      }
    }
    return text.toString();
  }
}
