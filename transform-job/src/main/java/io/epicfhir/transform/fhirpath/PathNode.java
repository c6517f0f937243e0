package io.epicfhir.transform.fhirpath;

import java.util.List;
import org.hl7.fhir.utilities.SourceLocation;

/** A FHIRPath expression as it was written; brackets have done their work and are gone. */
sealed interface PathNode {
  /** Where it begins in the text. */
  SourceLocation at();

  /**
   * A text in quotes, a number, a date and so on.
   *
   * @param text without quotes and signs; null is {}
   */
  record Constant(SourceLocation at, String text, FhirType type) implements PathNode {}

  /**
   * %name.
   *
   * @param name what stands behind the sign
   */
  record Variable(SourceLocation at, String name) implements PathNode {}

  /**
   * The name of an element, or $this.
   *
   * @param source what stands before the dot; null where nothing does
   */
  record Name(SourceLocation at, PathNode source, String name) implements PathNode {}

  /** A call, of the source as {@link Name} has it. */
  record Function(SourceLocation at, PathNode source, String name, List<PathNode> parameters)
      implements PathNode {}

  /** source[index]. */
  record Index(SourceLocation at, PathNode source, PathNode index) implements PathNode {}

  /** - or + before a term. */
  record Sign(SourceLocation at, boolean minus, PathNode operand) implements PathNode {}

  /** source as type. */
  record As(SourceLocation at, PathNode source, PathNode type) implements PathNode {}

  /**
   * Operands with an operator between each two.
   *
   * @param at where the operator stands first
   * @param operands two, or more where it does not matter which are taken together first
   */
  record Operation(SourceLocation at, String operator, List<PathNode> operands)
      implements PathNode {}
}
