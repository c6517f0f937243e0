package io.epicfhir.transform.erase;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.QuarantinedGroups;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the proof sees in files that are no tables. */
final class LakeScanTest {
  private static final String ANNA = "eAnna00112233445566";

  @TempDir private Path folder;
  private Lake lake;

  @BeforeEach
  void list() {
    lake = new Lake(new LakePaths(folder.toUri().toString()), new Configuration());
    new OptOutList(lake)
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            List.of());
  }

  private Path file(String path, byte[] bytes) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  private static byte[] spool() {
    byte[] packed =
        Zstd.compress(
            ("{\"resourceType\":\"Patient\",\"id\":\"" + ANNA + "\"}")
                .repeat(40)
                .getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream segment = new ByteArrayOutputStream();
    segment.writeBytes(new byte[] {0, 0, 0, 4, 0, 0, 0, 9, 'h', 'e', 'a', 'd'});
    segment.writeBytes(packed);
    segment.writeBytes(new byte[] {0, 0, 0, 0});
    return segment.toByteArray();
  }

  @Test
  void bodiesOfASpoolAreUnpacked() throws IOException {
    Path file = file("state/exports/e9/staging/spool/Patient/000000001-a", spool());
    assertThat(new LakeScan(lake, new OptOutList(lake).load()).run().found())
        .isEqualTo(Map.of("state", 1L));

    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 40));
    assertThat(new LakeScan(lake, new OptOutList(lake).load()).run().unreadable())
        .as("where one cannot be unpacked nobody knows")
        .isEqualTo(Map.of("state", 1L));
  }

  /** Some hundred rows: of few, zstd leaves an id as it is, and the search by byte finds it. */
  @ParameterizedTest
  @CsvSource({
    "views/person,person_id",
    "joined/ages,person_id",
    "views/location_census,_resource_id",
    "joined/stays,member_id"
  })
  void aNameOfATableOrColumnHidesNobody(String table, String column) throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message t { required binary " + column + " (STRING); }");
    Path file = folder.resolve(table + "/part-0.parquet");
    Files.createDirectories(file.getParent());
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(
                HadoopOutputFile.fromPath(
                    new org.apache.hadoop.fs.Path(file.toUri()), new Configuration()))
            .withType(schema)
            .withDictionaryEncoding(false)
            .withStatisticsEnabled(false)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .build()) {
      for (int i = 0; i < 500; i++) {
        String other = "eAnna0011223344" + (1000 + i) + "66";
        writer.write(
            new SimpleGroupFactory(schema).newGroup().append(column, i == 300 ? ANNA : other));
      }
    }
    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
        .doesNotContain(ANNA);
    assertThat(new LakeScan(lake, new OptOutList(lake).load()).run().found())
        .isEqualTo(Map.of(table, 1L));
  }

  @Test
  void aNameOfAFileIsRead() throws IOException {
    file("metrics/etl/" + ANNA + ".json", new byte[] {'{', '}'});
    file("traces/etl/t.txt", ("cannot open /tmp/" + ANNA + "_1").getBytes(StandardCharsets.UTF_8));
    assertThat(new LakeScan(lake, new OptOutList(lake).load()).run().found())
        .isEqualTo(Map.of("metrics", 1L, "traces", 1L));
  }

  @Test
  void linesOfOneResourceGoTogether() {
    QuarantinedGroups groups = QuarantinedGroups.of(new OptOutList(lake).load());
    String[] lines = {
      "{\"id\":\"his\", cut",
      "{",
      " \"resourceType\": \"Patient\",",
      " \"id\": \"" + ANNA + "\",",
      " \"name\": [ {",
      " \"family\": \"Muster\" } ]",
      "}",
      "{",
      " \"id\": \"his\"",
      "}"
    };
    for (int i = 0; i < lines.length; i++) {
      byte[] line = lines[i].getBytes(StandardCharsets.UTF_8);
      groups.take("f", i, line, 0, line.length);
    }
    assertThat(IntStream.range(0, lines.length).filter(i -> groups.goes("f", i)))
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(groups.goes("g", 1)).isFalse();

    Map<Integer, String> kept =
        new TreeMap<>(
            Map.of(
                20, "{\"valueString\":\"positive",
                22, "repeat\",\"subject\":\"Patient/" + ANNA + "\",\"note\":\"",
                24, "later\"}",
                26, "{\"id\":\"his\"",
                28, "his\"}"));
    kept.forEach((n, line) -> groups.takeKept("f", n, line.getBytes(StandardCharsets.UTF_8)));
    assertThat(kept.keySet().stream().filter(n -> groups.goes("f", n)))
        .as("empty lines are not kept")
        .containsExactly(20, 22, 24);
  }
}
