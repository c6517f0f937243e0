package io.epicfhir.common;

/**
 * How large the row groups of the lake's Parquet files are. One task reads a row group, so that of
 * a file with a single one all cores but one have nothing to read; and a writer holds one in
 * memory.
 */
public final class RowGroups {
  /** Compressed bytes: some 100 MB of FHIR JSON. Parquet's default is 128 MB. */
  public static final long BYTES = 8L << 20;

  /** The setting of Parquet's writers in Hadoop's configuration. */
  public static final String KEY = "parquet.block.size";

  private RowGroups() {}
}
