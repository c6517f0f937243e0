package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A value that PostgreSQL refuses, under the logging that is shipped. */
class CanaryTest {
  @TempDir Path folder;

  @Test
  void aRefusedValueIsInNoLogAndNoReport() throws Exception {
    LoadRun load = new LoadRun(folder);
    var dates =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("born", DataTypes.StringType, "date", "DATE"));
    ViewTables.write(load.lake(), "a", dates, List.of(row("CANARY-1", "CANARY", "CANARY-1")));
    Path log = folder.resolve("log");
    Path shipped = Path.of("../conf/spark/log4j2.properties").toAbsolutePath().normalize();

    int exit =
        new ProcessBuilder(load.command(List.of("-Dlog4j2.configurationFile=" + shipped)))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();

    assertThat(exit).as(Files.readString(log)).isEqualTo(5);
    assertThat(Files.readString(log)).contains("column born").doesNotContain("CANARY");
    try (Stream<Path> files = Files.walk(load.lake())) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .filter(file -> !file.startsWith(load.lake().resolve("views/a")))
                  .filter(CanaryTest::hasCanary))
          .isEmpty();
    }
  }

  private static boolean hasCanary(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).contains("CANARY");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
