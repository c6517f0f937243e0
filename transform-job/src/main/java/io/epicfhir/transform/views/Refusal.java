package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.eval.Problem;
import java.io.Serializable;

/**
 * Says why a resource does not fit a view. It holds nothing of the resource, not even its key, so
 * equal refusals of many resources can be counted.
 *
 * @param view the view's name
 * @param problem what kind it is
 * @param part what of the view was evaluated, such as "column given" or "forEach"; empty for all
 * @param path the path that was evaluated; empty where it was none
 * @param reason what is wrong, and what to do about it
 */
public record Refusal(String view, Problem problem, String part, String path, String reason)
    implements Serializable {
  /** The whole message. */
  public String message() {
    return "Cannot evaluate " + where() + ": " + reason;
  }

  /** The message with a place in a file in it, such as "line 3". */
  public String message(String place) {
    return "Cannot evaluate " + where() + ": " + reason + " (" + place + ")";
  }

  private String where() {
    return "view " + view + (part.isEmpty() ? "" : ", " + new Place(part, path).text());
  }

  /** The exception that says the same. */
  ViewException exception(String place) {
    return new ViewException(ViewException.Kind.EVALUATION, message(place));
  }
}
