package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.YearMonth;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.unsafe.types.UTF8String;

/** The least or the greatest value that a value of its written precision can stand for. */
final class Boundary extends Single {
  private static final long serialVersionUID = 1L;
  private static final int YEAR = 4;
  private static final int MONTH = 7;
  private static final int DATE = 10;
  private static final Pattern ZONE = Pattern.compile("(Z|[+-][0-9]{2}:[0-9]{2})$");

  private final Eval operand;
  private final boolean low;
  private final Form form;
  private final boolean date;

  Boundary(Eval operand, boolean low, FhirType type) {
    this.operand = operand;
    this.low = low;
    this.form = type.form();
    this.date = type.name().equals("date");
  }

  @Override
  Object element(Object focus, Frame frame) {
    Object value = operand.value(focus, frame);
    if (value == null) {
      return null;
    }
    if (form == Form.DECIMAL) {
      return decimal(value);
    }
    String text = value.toString();
    String bound;
    if (form == Form.TIME) {
      bound = filled(text, low ? "00:00:00.000" : "00:59:59.999");
    } else {
      bound = date ? date(text) : dateTime(text);
    }
    return UTF8String.fromString(bound);
  }

  /** 1.0 stands for all from 0.95 to 1.05: half a unit of its last digit on either side. */
  private Object decimal(Object value) {
    BigDecimal number = Decimals.number(value);
    if (number == null) {
      return null;
    }
    int digits = Math.max(0, number.scale());
    BigDecimal half = BigDecimal.valueOf(5, digits + 1);
    BigDecimal bound = low ? number.subtract(half) : number.add(half);
    return UTF8String.fromString(
        bound.setScale(digits + 1, RoundingMode.UNNECESSARY).toPlainString());
  }

  private String date(String text) {
    return low ? filled(text, "0000-01-01") : lastDay(text);
  }

  /** Where the zone is not known, the earliest is in the zone +14:00 and the latest in -12:00. */
  private String dateTime(String text) {
    String zone = low ? "+14:00" : "-12:00";
    String local = low || text.length() > DATE ? text : lastDay(text);
    if (text.length() > DATE) {
      Matcher written = ZONE.matcher(text);
      if (written.find()) {
        zone = written.group(1);
        local = text.substring(0, written.start());
      }
    }
    return filled(local, low ? "0000-01-01T00:00:00.000" : "0000-12-31T23:59:59.999") + zone;
  }

  private static String lastDay(String date) {
    if (date.length() == YEAR) {
      return date + "-12-31";
    }
    if (date.length() == MONTH) {
      try {
        return YearMonth.parse(date).atEndOfMonth().toString();
      } catch (DateTimeException e) {
        return date;
      }
    }
    return date;
  }

  /** The value, and from its end on the template. */
  private static String filled(String value, String template) {
    return value.length() >= template.length() ? value : value + template.substring(value.length());
  }
}
