package io.epicfhir.transform.fhirpath;

import java.util.List;
import org.hl7.fhir.utilities.SourceLocation;

/** A node of the FHIRPath syntax tree. Parentheses are not kept. */
sealed interface PathNode {
  /** Where the node begins in the path. */
  SourceLocation at();

  /**
   * A literal: a string, a number, a date and so on.
   *
   * @param text without quotes and the leading {@code @}; null for the empty collection {@code {}}
   */
  record Constant(SourceLocation at, String text, FhirType type) implements PathNode {}

  /**
   * A variable: {@code %name}.
   *
   * @param name without the percent sign
   */
  record Variable(SourceLocation at, String name) implements PathNode {}

  /**
   * An element name, or {@code $this}.
   *
   * @param source the expression before the dot; null if there is none
   */
  record Name(SourceLocation at, PathNode source, String name) implements PathNode {}

  /** A function call; {@code source} as in {@link Name}. */
  record Function(SourceLocation at, PathNode source, String name, List<PathNode> parameters)
      implements PathNode {}

  /** {@code source[index]}. */
  record Index(SourceLocation at, PathNode source, PathNode index) implements PathNode {}

  /** A unary minus or plus. */
  record Sign(SourceLocation at, boolean minus, PathNode operand) implements PathNode {}

  /** {@code source as type}. */
  record As(SourceLocation at, PathNode source, PathNode type) implements PathNode {}

  /**
   * A binary operation, or a chain of an associative operator.
   *
   * @param at where the first operator is
   * @param operands two, or more if the operator is associative
   */
  record Operation(SourceLocation at, String operator, List<PathNode> operands)
      implements PathNode {}
}
