package io.epicfhir.transform.fhirpath;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.fhirpath.FHIRLexer;
import org.hl7.fhir.r4.fhirpath.FHIRLexer.FHIRLexerException;
import org.hl7.fhir.utilities.SourceLocation;

/**
 * Text to syntax tree, by the <a href="https://hl7.org/fhirpath/N1/grammar.html">grammar</a>. HAPI
 * cuts the text into tokens. Its own tree loses what stands behind an index on a path's first step,
 * lets a sign take all that follows, and has no order for {@code in} and {@code as}; here each
 * token is used or refused.
 */
final class PathParser {
  private static final Map<String, Integer> STRENGTHS =
      Map.ofEntries(
          Map.entry("implies", 1),
          Map.entry("or", 2),
          Map.entry("xor", 2),
          Map.entry("and", 3),
          Map.entry("in", 4),
          Map.entry("contains", 4),
          Map.entry("memberOf", 4),
          Map.entry("=", 5),
          Map.entry("~", 5),
          Map.entry("!=", 5),
          Map.entry("!~", 5),
          Map.entry("<", 6),
          Map.entry("<=", 6),
          Map.entry(">", 6),
          Map.entry(">=", 6),
          Map.entry("|", 7),
          Map.entry("is", 8),
          Map.entry("as", 8),
          Map.entry("+", 9),
          Map.entry("-", 9),
          Map.entry("&", 9),
          Map.entry("*", 10),
          Map.entry("/", 10),
          Map.entry("div", 10),
          Map.entry("mod", 10));

  /** A chain of these is one operation: which two are taken together first makes no difference. */
  private static final Set<String> ASSOCIATIVE = Set.of("and", "or", "|", "&");

  /** Texts and names in quotes, comments, what begins a comment only, and names of constants. */
  private static final Pattern PARTS =
      Pattern.compile(
          "(['\"`])(?:\\\\.|(?!\\1).)*+\\1|//[^\\r\\n]*|/\\*.*?\\*/|/\\*|%\\w+(?=-)",
          Pattern.DOTALL);

  private static final String TOO_EARLY = "the path ends too early";

  private final FHIRLexer lexer;

  private PathParser(String path) {
    lexer = new FHIRLexer(readable(path), "path", false, false);
  }

  /**
   * HAPI takes a comment without an end to go on to the last character but one, and a minus to be
   * part of a constant's name.
   */
  private static String readable(String path) {
    Matcher parts = PARTS.matcher(path);
    StringBuilder out = new StringBuilder();
    while (parts.find()) {
      String part = parts.group();
      if (part.equals("/*")) {
        throw new PathException("a comment that begins with /* needs an end: */");
      }
      String apart = part.startsWith("%") ? part + " " : part;
      parts.appendReplacement(out, Matcher.quoteReplacement(apart));
    }
    return parts.appendTail(out).toString();
  }

  static PathNode parse(String path) {
    try {
      PathParser parser = new PathParser(path);
      PathNode node = parser.operation(1);
      if (parser.lexer.getCurrent() != null) {
        throw parser.unexpected();
      }
      return node;
    } catch (FHIRLexerException e) {
      throw new PathException(
          e.getMessage().replaceFirst("^Error @\\d+, \\d+: ", ""), e.getLocation());
    } catch (StringIndexOutOfBoundsException e) {
      // HAPI looks behind the end of what a sign or a brace ends.
      throw new PathException(TOO_EARLY);
    } catch (StackOverflowError e) {
      throw new PathException(Typing.TOO_DEEP);
    }
  }

  /** What operators of that strength or more hold together. */
  private PathNode operation(int least) {
    PathNode left = signed();
    while (true) {
      String operator = operator();
      Integer strength = STRENGTHS.get(operator);
      if (strength == null || strength < least) {
        return left;
      }
      SourceLocation at = lexer.getCurrentStartLocation();
      take(operator);
      if (operator.equals("as")) {
        left = new PathNode.As(at, left, typeName());
        continue;
      }
      List<PathNode> operands = new ArrayList<>(List.of(left, operation(strength + 1)));
      while (ASSOCIATIVE.contains(operator) && operator.equals(operator())) {
        take(operator);
        operands.add(operation(strength + 1));
      }
      left = new PathNode.Operation(at, operator, operands);
    }
  }

  /** HAPI takes a sign behind <, =, - and the like to be the end of the operator. */
  private String operator() {
    String token = lexer.getCurrent();
    if (token == null) {
      return "";
    }
    return token.length() == 2 && token.endsWith("-") ? token.substring(0, 1) : token;
  }

  private void take(String operator) {
    if (operator.equals(lexer.getCurrent())) {
      lexer.next();
    } else {
      lexer.setCurrent("-");
    }
  }

  private PathNode signed() {
    String sign = operator();
    if (!sign.equals("-") && !sign.equals("+")) {
      return term();
    }
    SourceLocation at = lexer.getCurrentStartLocation();
    take(sign);
    return new PathNode.Sign(at, sign.equals("-"), signed());
  }

  /** A value or an element, and all that hangs on it by dots and indexes. */
  private PathNode term() {
    PathNode node = start();
    while (is(".") || is("[")) {
      SourceLocation at = lexer.getCurrentStartLocation();
      boolean index = is("[");
      lexer.next();
      if (index) {
        node = new PathNode.Index(at, node, operation(1));
        expect("]");
      } else {
        node = invocation(node);
      }
    }
    return node;
  }

  private PathNode start() {
    if (!is("(")) {
      return PathLiterals.begins(lexer) ? PathLiterals.read(lexer) : invocation(null);
    }
    lexer.next();
    PathNode inner = operation(1);
    expect(")");
    return inner;
  }

  private PathNode invocation(PathNode source) {
    SourceLocation at = lexer.getCurrentStartLocation();
    String name = identifier();
    if (!is("(")) {
      return new PathNode.Name(at, source, name);
    }
    lexer.next();
    List<PathNode> parameters = new ArrayList<>();
    while (!is(")")) {
      if (!parameters.isEmpty()) {
        expect(",");
      }
      parameters.add(operation(1));
    }
    lexer.next();
    return new PathNode.Function(at, source, name, parameters);
  }

  private PathNode typeName() {
    PathNode name = new PathNode.Name(lexer.getCurrentStartLocation(), null, identifier());
    while (is(".")) {
      lexer.next();
      name = new PathNode.Name(lexer.getCurrentStartLocation(), name, identifier());
    }
    return name;
  }

  private String identifier() {
    if (lexer.getCurrent() == null || !(lexer.isFixedName() || lexer.isToken())) {
      throw unexpected();
    }
    return lexer.isFixedName() ? PathLiterals.unquoted(lexer) : lexer.take();
  }

  private boolean is(String token) {
    return token.equals(lexer.getCurrent());
  }

  private void expect(String token) {
    if (!is(token)) {
      throw unexpected();
    }
    lexer.next();
  }

  private PathException unexpected() {
    String token = lexer.getCurrent();
    if (token == null) {
      return new PathException(TOO_EARLY);
    }
    // HAPI cuts a character of two units in halves.
    int start = lexer.getCurrentStart();
    boolean half = Character.isSurrogate(token.charAt(0));
    return new PathException(
        "the path has a syntax error at "
            + (half ? Character.toString(lexer.getSource().codePointAt(start)) : token)
            + " on",
        lexer.getCurrentStartLocation());
  }
}
