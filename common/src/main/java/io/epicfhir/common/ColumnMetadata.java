package io.epicfhir.common;

/**
 * What a view table's schema says of a column, by key: transform writes it, load makes types and
 * comments of it.
 */
public final class ColumnMetadata {
  /** The FHIR type of the values, such as {@code date}. */
  public static final String FHIR_TYPE = "fhirType";

  /** The FHIRPath expression that gives the values. */
  public static final String FHIR_PATH = "fhirPath";

  /** Whether the column holds a list. */
  public static final String COLLECTION = "collection";

  /** What the column means; may be empty. */
  public static final String DESCRIPTION = "description";

  /** The value of the tag ansi/type; absent where there is none. */
  public static final String ANSI_TYPE = "ansiType";

  /** Whether the view asks for an index by the tag load/index; absent where it does not. */
  public static final String INDEX = "index";

  private ColumnMetadata() {}
}
