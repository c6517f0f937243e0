package io.epicfhir.transform.lookups;

import io.epicfhir.common.ByteOrderMark;
import io.epicfhir.common.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A file of lookups: a few rows, read whole by this process. */
record LookupFile(String name, Path path) implements LookupSource {

  @Override
  public String file() {
    return path.getFileName().toString();
  }

  @Override
  public String stamp() {
    return ""; // always read
  }

  @Override
  public Read read(Optional<LookupState> before) {
    String text = text();
    String hash = Sha256.hex(LookupSource.ENGINE + file() + "\n" + text);
    if (before.filter(state -> state.hash().equals(hash)).isPresent()) {
      return new Read(hash, Optional.empty());
    }
    LookupContent content =
        file().endsWith(".csv") ? CsvLookup.read(text, file()) : FhirLookup.read(text, file());
    return new Read(
        hash,
        Optional.of(
            new Table(
                content.url(),
                content.description(),
                content.columns(),
                content.rows().size(),
                text.length(),
                spark -> rows(spark, content))));
  }

  private static Dataset<Row> rows(SparkSession spark, LookupContent content) {
    return spark.createDataFrame(content.rows(), content.columns()).coalesce(1);
  }

  private String text() {
    try {
      return ByteOrderMark.removed(
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Files.readAllBytes(path)))
              .toString());
    } catch (CharacterCodingException e) {
      throw new LookupRefused(file(), 0, "it is not UTF-8");
    } catch (IOException e) {
      throw new LookupRefused(file(), 0, UNREADABLE);
    }
  }
}
