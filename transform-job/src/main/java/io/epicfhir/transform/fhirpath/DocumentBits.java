package io.epicfhir.transform.fhirpath;

/** What the documents that name a Binary say of it, as bits. */
public final class DocumentBits {
  /** One of them has a label whose resources are left out. */
  public static final int LEFT_OUT = 1;

  /** One of them has a label whose resources are marked. */
  public static final int MARKED = 2;

  /** So it is where nothing is known. */
  public static final int ALL = LEFT_OUT | MARKED;

  private DocumentBits() {}
}
