package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.Expr.Repeat.Step;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.eval.Shape;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the views read of one element: the union of their paths, and nothing else. Fields are kept
 * in the order in which paths named them first: that is their place in the element.
 */
final class ReadNode implements Shape, Serializable {
  private static final long serialVersionUID = 1L;

  private final Form form;
  private final TreeSet<String> known;
  private final boolean list;
  private final Repeated repeat;
  private final LinkedHashMap<String, ReadNode> children = new LinkedHashMap<>();
  private final Root root;
  private final int slot;

  /** What all nodes of a resource share. */
  private static final class Root implements Serializable {
    private static final long serialVersionUID = 1L;

    private final TreeSet<String> targets = new TreeSet<>();
    private ReadNode sibling;
    private int siblings;
  }

  /**
   * The paths that are flattened into a list.
   *
   * @param first those that begin at the element itself
   * @param more those that begin at the elements that they reach
   */
  record Repeated(List<List<Step>> first, List<List<Step>> more) implements Serializable {}

  private ReadNode(Root root, int slot, FhirType type, boolean list, Repeated repeat) {
    this.root = root;
    this.slot = slot;
    this.form = type.form();
    this.known = new TreeSet<>(type.fieldNames());
    this.list = list;
    this.repeat = repeat;
  }

  static ReadNode ofResource(FhirType type) {
    return new ReadNode(new Root(), 0, type, false, null);
  }

  Form form() {
    return form;
  }

  /** The names that FHIR gives the element's fields. */
  Set<String> known() {
    return known;
  }

  boolean list() {
    return list;
  }

  /** What is flattened into this list; null for an element of JSON. */
  Repeated repeat() {
    return repeat;
  }

  /** The resource types that references of the views are keys of. */
  Set<String> targets() {
    return root.targets;
  }

  Map<String, ReadNode> children() {
    return children;
  }

  /** What is read beside primitive elements; null where nothing is. */
  ReadNode beside() {
    return root.sibling;
  }

  /**
   * How deep primitive elements can lie beside primitive elements, as far as paths go: an extension
   * has a primitive value, which may have extensions.
   */
  int besideDepth() {
    return root.siblings;
  }

  @Override
  public int slot() {
    return slot;
  }

  @Override
  public ReadNode child(String field, FhirType type, boolean childList) {
    return children.computeIfAbsent(
        field, name -> new ReadNode(root, nextSlot(), type, childList, null));
  }

  @Override
  public ReadNode repeat(Expr.Repeat repeated) {
    Repeated paths = new Repeated(repeated.first(), repeated.more());
    return children.computeIfAbsent(
        "repeat:" + paths, name -> new ReadNode(root, nextSlot(), repeated.type(), true, paths));
  }

  @Override
  public ReadNode sibling() {
    if (root.sibling == null) {
      root.sibling = new ReadNode(root, 0, FhirType.extension(), false, null);
    }
    root.siblings++;
    return root.sibling;
  }

  @Override
  public void refersTo(String resourceType) {
    root.targets.add(resourceType);
  }

  private int nextSlot() {
    return children.size();
  }
}
