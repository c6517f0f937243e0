package io.epicfhir.transform.fhirpath.eval;

/**
 * A primitive element with more than a value: JSON keeps its id and its extensions in a field of
 * their own ({@code _birthDate}). A primitive element without them is its bare value.
 */
public final class Extended {
  private final Object value;
  private final Object[] sibling;

  /**
   * @param value null where the element has none
   * @param sibling the fields that are read of the id and the extensions
   */
  public Extended(Object value, Object[] sibling) {
    this.value = value;
    this.sibling = sibling;
  }

  /** The value of an element, null where it has none. */
  public static Object value(Object element) {
    return element instanceof Extended extended ? extended.value : element;
  }

  static Object[] sibling(Object element) {
    return element instanceof Extended extended ? extended.sibling : null;
  }
}
