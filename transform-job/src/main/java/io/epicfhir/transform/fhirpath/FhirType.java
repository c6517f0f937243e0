package io.epicfhir.transform.fhirpath;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementCompositeDefinition;
import ca.uhn.fhir.context.BaseRuntimeElementDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.RuntimeChildChoiceDefinition;
import ca.uhn.fhir.context.RuntimeResourceDefinition;
import ca.uhn.fhir.parser.DataFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A type of FHIR R4, as far as paths need it.
 *
 * @param name such as Patient, HumanName, dateTime
 * @param form how it stands in Spark
 * @param definition HAPI's definition, null for primitive types
 */
public record FhirType(
    String name, Form form, BaseRuntimeElementCompositeDefinition<?> definition) {
  static final FhirType BOOLEAN = primitive("boolean");
  static final FhirType INTEGER = primitive("integer");
  static final FhirType INTEGER64 = primitive("integer64");
  static final FhirType DECIMAL = primitive("decimal");
  static final FhirType STRING = primitive("string");
  static final FhirType NOTHING = new FhirType("string", Form.NOTHING, null);
  static final FhirType CHOICE = new FhirType("a choice of types", Form.CHOICE, null);

  /** A primitive type by its name. */
  public static FhirType primitive(String name) {
    return new FhirType(name, Form.ofPrimitive(name), null);
  }

  /** A resource type of R4, or empty where R4 has none of exactly that name. */
  public static Optional<FhirType> resource(String name) {
    return inAnyCase(name).filter(type -> type.name().equals(name));
  }

  /** The end of a message about a resource type that R4 does not have: the one that is meant. */
  public static String meant(String name) {
    return inAnyCase(name).map(type -> "; did you mean " + type.name() + "?").orElse("");
  }

  /** HAPI takes a name in any case, and resources in files have only one. */
  private static Optional<FhirType> inAnyCase(String name) {
    try {
      return Optional.of(of(FhirContext.forR4Cached().getResourceDefinition(name)));
    } catch (DataFormatException unknown) {
      return Optional.empty();
    }
  }

  /** The type that values of both types are of; empty where R4 has none. */
  public static Optional<FhirType> common(FhirType one, FhirType other) {
    if (one.form == Form.NOTHING) {
      return Optional.of(other);
    }
    if (other.form == Form.NOTHING || one.name.equals(other.name)) {
      return Optional.of(one);
    }
    if (one.form != other.form) {
      return Optional.empty();
    }
    return switch (one.form) {
      case TEXT -> Optional.of(STRING);
      case INTEGER -> Optional.of(INTEGER);
      case TIMESTAMP -> Optional.of(primitive("dateTime"));
      default -> Optional.empty();
    };
  }

  static FhirType of(BaseRuntimeElementDefinition<?> definition) {
    return definition instanceof BaseRuntimeElementCompositeDefinition<?> complex
        ? new FhirType(definition.getName(), Form.COMPLEX, complex)
        : primitive(definition.getName());
  }

  boolean isResource() {
    return definition instanceof RuntimeResourceDefinition;
  }

  /** The type of extensions; also of what lies beside a primitive element. */
  public static FhirType extension() {
    return of(FhirContext.forR4Cached().getElementDefinition("Extension"));
  }

  /** One way to write an element in JSON: value[x] has many, all others have one. */
  record Variant(String field, FhirType type) {}

  /** A child element. */
  record Element(String name, boolean many, List<Variant> variants) {
    boolean choice() {
      return variants.size() > 1;
    }
  }

  /** The child of that name; empty where the type has none. */
  Optional<Element> element(String child) {
    if (child.equals("extension") || (child.equals("modifierExtension") && definition != null)) {
      return Optional.of(new Element(child, true, List.of(new Variant(child, extension()))));
    }
    if (definition == null) {
      return Optional.empty();
    }
    return definition.getChildren().stream()
        .filter(c -> c.getElementName().equals(child) || c.getElementName().equals(child + "[x]"))
        .findFirst()
        .map(c -> new Element(child, c.isMultipleCardinality(), variants(c)))
        .filter(element -> !element.variants().isEmpty());
  }

  /** Every name that a field of this type may have in JSON; empty for primitive types. */
  public Set<String> fieldNames() {
    Set<String> names = new TreeSet<>();
    if (definition != null) {
      names.addAll(List.of("id", "extension", "modifierExtension", "resourceType"));
      for (BaseRuntimeChildDefinition child : definition.getChildren()) {
        names.add(child.getElementName());
        names.addAll(child.getValidChildNames());
      }
      List.copyOf(names).forEach(name -> names.add("_" + name));
    }
    return names;
  }

  private static List<Variant> variants(BaseRuntimeChildDefinition child) {
    List<Variant> variants = new ArrayList<>();
    String stem = child.getElementName().replace("[x]", "");
    boolean choice = child instanceof RuntimeChildChoiceDefinition;
    for (String field : child.getValidChildNames().stream().sorted().toList()) {
      BaseRuntimeElementDefinition<?> definition = child.getChildByName(field);
      // HAPI also lists names of its own for references, such as subjectResource.
      String expected = choice && definition != null ? stem + definition.getName() : stem;
      if (definition != null && field.equalsIgnoreCase(expected)) {
        variants.add(new Variant(field, of(definition)));
      }
    }
    return variants;
  }
}
