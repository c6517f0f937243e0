package io.epicfhir.transform.views;

import java.util.List;

/** A view that can be run: its columns, and the program that makes its rows. */
public final class CompiledView {
  private final ViewDefinition definition;
  private final List<ViewColumn> columns;
  private final RowProgram program;

  CompiledView(ViewDefinition definition, List<ViewColumn> columns, RowProgram program) {
    this.definition = definition;
    this.columns = List.copyOf(columns);
    this.program = program;
  }

  /** The view as it was written. */
  public ViewDefinition definition() {
    return definition;
  }

  /** The view's columns in order, without _resource_id. */
  public List<ViewColumn> columns() {
    return columns;
  }

  RowProgram program() {
    return program;
  }
}
