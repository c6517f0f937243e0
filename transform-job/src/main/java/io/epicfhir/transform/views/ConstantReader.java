package io.epicfhir.transform.views;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.views.ViewDefinition.Constant;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the value[x] of a view's constants, with the digits that were written. */
final class ConstantReader {
  private ConstantReader() {}

  /** The constant; empty where it has not one value of a primitive type. */
  static Optional<Constant> read(String name, JsonNode constant) {
    List<Map.Entry<String, JsonNode>> values =
        constant.properties().stream().filter(p -> p.getKey().startsWith("value")).toList();
    if (values.size() != 1) {
      return Optional.empty();
    }
    String suffix = values.get(0).getKey().substring("value".length());
    String type =
        suffix.isEmpty() ? "" : Character.toLowerCase(suffix.charAt(0)) + suffix.substring(1);
    JsonNode value = values.get(0).getValue();
    boolean text = !Form.ofPrimitive(type).number() && Form.ofPrimitive(type) != Form.BOOLEAN;
    boolean fits = text ? value.isTextual() : value.isValueNode() && !value.isNull();
    return Form.isPrimitive(type) && fits
        ? Optional.of(new Constant(name, type, text(value)))
        : Optional.empty();
  }

  private static String text(JsonNode value) {
    return value.isBigDecimal() ? digits(value.decimalValue()) : value.asText();
  }

  /** BigDecimal by itself writes 12E2 as 1.2E+3. */
  private static String digits(BigDecimal number) {
    return number.scale() < 0
        ? number.unscaledValue() + "E" + -(long) number.scale()
        : number.toPlainString();
  }
}
