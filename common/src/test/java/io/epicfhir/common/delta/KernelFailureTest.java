package io.epicfhir.common.delta;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParseException;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.util.List;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** What another try cannot read either is the table's affair; a storage that is away is all's. */
final class KernelFailureTest {
  private static final Path TABLE = new Path("file:/lake/views/a");

  static final List<Arguments> FAILURES =
      List.of(
          Arguments.of("read", new IllegalStateException("versions are not continuous"), true),
          Arguments.of("read", new JsonParseException(null, "secret"), true),
          Arguments.of("read", new ChecksumException("Checksum error: /x at 0", 0), true),
          Arguments.of("read", new EOFException(), true),
          Arguments.of("read", new FileNotFoundException("/x"), true),
          Arguments.of("read", new IOException("x is not a Parquet file"), true),
          Arguments.of("read", new FileNotFoundException("/x (Permission denied)"), false),
          Arguments.of("read", new AccessDeniedException("/x"), false),
          Arguments.of("read", new IOException("Input/output error"), false),
          Arguments.of("read", new ConnectException("refused"), false),
          Arguments.of("write", new IllegalStateException("a feature"), true),
          Arguments.of("write", new JsonParseException(null, "secret"), true),
          Arguments.of("write", new FileNotFoundException("/x"), false),
          Arguments.of("write", new IOException("No space left on device"), false));

  @ParameterizedTest
  @FieldSource("FAILURES")
  void isTheLogsOrTheStorages(String verb, Exception cause, boolean damaged) {
    Exception wrapped =
        cause instanceof IOException io
            ? new IllegalStateException(new UncheckedIOException(io))
            : cause;

    JobException told = KernelFailure.of(verb, TABLE, wrapped);

    assertThat(told instanceof DamagedLog).isEqualTo(damaged);
    assertThat(told.exitCode()).isEqualTo(damaged ? ExitCode.DATA_REFUSED : ExitCode.STORAGE);
    assertThat(told)
        .hasMessageStartingWith("Cannot %s the log of the Delta table file:/lake/views/a: ", verb)
        .hasMessageContaining(
            damaged
                ? "restore its _delta_log from a backup; if it cannot be repaired, move the table's folder"
                : "check that the lake exists, is writable and is not full");
    assertThat(told.getMessage()).doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource({"silver, true", "views/silver, false", "joined/silver, false", "views/a, false"})
  void ofSilverTheRemedyNamesTheTypes(String table, boolean types) {
    assertThat(KernelFailure.of("read", new Path("file:/lake/" + table), new EOFException()))
        .hasMessageContaining(
            types
                ? "away and rerun from transform with types = every resource type, separated by commas"
                : "away and rerun from transform, which rebuilds it");
  }
}
