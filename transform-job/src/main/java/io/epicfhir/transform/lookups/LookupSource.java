package io.epicfhir.transform.lookups;

import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** Where a lookup's rows come from. */
interface LookupSource {
  /** Changes where the way in which the same file becomes rows does. */
  String ENGINE = "2 ";

  /** What is said of a file that the file system does not give. */
  String UNREADABLE = "the file cannot be read; check its permissions, or fetch it again";

  /** The lookup's name, which is its table's. */
  String name();

  /** The file's name, for messages. */
  String file();

  /** What shows that the file is the same without reading it; empty if nothing does. */
  String stamp();

  /**
   * Reads it, and checks that it is whole.
   *
   * @param before the table that is there, of another content perhaps
   * @throws LookupRefused where the file is damaged or incomplete
   */
  Read read(Optional<LookupState> before);

  /**
   * What was read.
   *
   * @param hash of the content
   * @param table empty where the content is what the table before has
   */
  record Read(String hash, Optional<Table> table) {}

  /**
   * A lookup as a table.
   *
   * @param count how many rows it must have
   * @param bytes about how much there is to read
   */
  record Table(
      String url,
      String description,
      StructType columns,
      long count,
      long bytes,
      Function<SparkSession, Dataset<Row>> rows) {}
}
