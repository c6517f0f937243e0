package io.epicfhir.transform.views;

/** Refuses a view, or a resource that a view cannot take; never holds patient data. */
public final class ViewException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** When the view was refused. */
  public enum Kind {
    /** The view itself is wrong; found before any resource is read. */
    VALIDATION,
    /** The view is right, but a resource does not fit it. */
    EVALUATION
  }

  private final Kind kind;
  private final String wrong;

  /**
   * @param kind when the view was refused
   * @param message "Cannot verb thing: value; what to do", naming view, column, path and position
   */
  public ViewException(Kind kind, String message) {
    this(kind, message, null);
  }

  ViewException(Kind kind, String message, Throwable cause) {
    this(kind, message, "", cause);
  }

  ViewException(Kind kind, String message, String wrong, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.wrong = wrong;
  }

  /** The text in the view that is wrong, such as a path; empty where it is none in particular. */
  public String wrong() {
    return wrong;
  }

  /** When the view was refused. */
  public Kind kind() {
    return kind;
  }

  static ViewException invalid(String message) {
    return new ViewException(Kind.VALIDATION, message);
  }
}
