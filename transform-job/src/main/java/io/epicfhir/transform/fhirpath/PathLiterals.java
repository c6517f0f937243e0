package io.epicfhir.transform.fhirpath;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.fhirpath.FHIRLexer;
import org.hl7.fhir.utilities.SourceLocation;

/** Reads the literals of FHIRPath, and names in backquotes. */
final class PathLiterals {
  private static final Pattern ESCAPE = Pattern.compile("\\\\(u[0-9a-fA-F]{4}|.?)", Pattern.DOTALL);
  private static final Pattern UNIT =
      Pattern.compile("(year|month|week|day|hour|minute|second|millisecond)s?");

  private PathLiterals() {}

  static boolean begins(FHIRLexer lexer) {
    String token = lexer.getCurrent();
    return token != null
        && (isText(lexer)
            || token.equals("{}")
            || token.equals("true")
            || token.equals("false")
            || token.matches("[%@0-9].*"));
  }

  /** HAPI takes a name in backquotes for a text, too. */
  private static boolean isText(FHIRLexer lexer) {
    return lexer.isStringConstant() && !lexer.isFixedName();
  }

  static PathNode read(FHIRLexer lexer) {
    SourceLocation at = lexer.getCurrentStartLocation();
    if (isText(lexer)) {
      return new PathNode.Constant(at, unquoted(lexer), FhirType.STRING);
    }
    String token = lexer.take();
    return switch (token.charAt(0)) {
      case '{' -> new PathNode.Constant(at, null, FhirType.NOTHING);
      case '%' -> new PathNode.Variable(at, token.substring(1).replaceAll("^[`']|[`']$", ""));
      case '@' -> time(at, token.substring(1));
      case 't', 'f' -> new PathNode.Constant(at, token, FhirType.BOOLEAN);
      default -> number(at, token, lexer);
    };
  }

  private static PathNode time(SourceLocation at, String text) {
    if (text.startsWith("T") && ConstantText.isPartOfTime(text.substring(1))) {
      return new PathNode.Constant(at, text.substring(1), FhirType.primitive("time"));
    }
    if (ConstantText.isDate(text)) {
      return new PathNode.Constant(at, text, FhirType.primitive("date"));
    }
    String point = text.replaceFirst("T$", "");
    if (ConstantText.isDate(point) || ConstantText.isDayWithPartOfTime(point)) {
      return new PathNode.Constant(at, point, FhirType.primitive("dateTime"));
    }
    throw new PathException("@" + text + " is neither a date nor a time", at);
  }

  private static PathNode number(SourceLocation at, String text, FHIRLexer lexer) {
    String next = lexer.getCurrent();
    if (next != null && (isText(lexer) || UNIT.matcher(next).matches())) {
      throw new PathException("a value with a unit is not supported", at);
    }
    if (text.contains(".")) {
      return new PathNode.Constant(at, text, FhirType.DECIMAL);
    }
    if (!text.matches("[0-9]+")) {
      throw new PathException(text + " is not a number", at);
    }
    try {
      return new PathNode.Constant(at, String.valueOf(Integer.parseInt(text)), FhirType.INTEGER);
    } catch (NumberFormatException e) {
      throw new PathException("a whole number has at most 32 bits; write " + text + ".0", at);
    }
  }

  /** The text between quotes, by the <a href="https://hl7.org/fhirpath/N1/#string">escapes</a>. */
  static String unquoted(FHIRLexer lexer) {
    SourceLocation at = lexer.getCurrentStartLocation();
    String token = lexer.take();
    if (token.length() < 2 || token.charAt(0) != token.charAt(token.length() - 1)) {
      throw new PathException("the quotes are not closed", at);
    }
    Matcher escapes = ESCAPE.matcher(token.substring(1, token.length() - 1));
    return escapes.replaceAll(
        escape -> Matcher.quoteReplacement(String.valueOf(character(escape.group(1), at))));
  }

  private static char character(String escape, SourceLocation at) {
    if (escape.length() == 5) {
      return (char) Integer.parseInt(escape.substring(1), 16);
    }
    return switch (escape) {
      case "r" -> '\r';
      case "n" -> '\n';
      case "t" -> '\t';
      case "f" -> '\f';
      case "'", "\"", "`", "\\", "/" -> escape.charAt(0);
      default -> throw new PathException("strings have no escape \\" + escape, at);
    };
  }
}
