package io.epicfhir.transform.documents;

/**
 * Counts operands that no operator follows (PDF 32000-1, 7.8.2): PDFBox keeps all of them until one
 * comes. Anything may be such a text; pictures and fonts have an operator's letters soon.
 */
final class PdfOperands {
  /** A font's widths have some ten thousands. */
  static final int MOST = 500_000;

  private static final String BLANKS = "\0\t\n\f\r ";
  private static final String DELIMITERS = "()<>[]{}/%";

  private int operands;
  private int depth;
  private boolean comment;
  private boolean escaped;
  private byte before = ' ';

  /** Takes in bytes; false where there were too many. */
  boolean take(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      if (depth > 0) {
        string(bytes[i]);
      } else {
        token(bytes[i]);
      }
      if (operands > MOST) {
        return false;
      }
    }
    return true;
  }

  private void string(byte b) {
    if (escaped) {
      escaped = false;
    } else if (b == '\\') {
      escaped = true;
    } else if (b == '(') {
      depth++;
    } else if (b == ')') {
      depth--;
    }
    before = ')';
  }

  private void token(byte b) {
    if (comment) {
      comment = b != '\n' && b != '\r';
    } else if (b == '%') {
      comment = true;
    } else if (b == '(' || b == '<' || b == '[' || b == '/') {
      depth = b == '(' ? 1 : 0;
      operands++;
    } else if (isRegular(b) && !isRegular(before) && before != '/' && before != '<') {
      boolean operand = b <= '9' || b == 't' || b == 'f' || b == 'n'; // a number, true, false, null
      operands = operand ? operands + 1 : 0;
    }
    before = comment ? (byte) ' ' : b;
  }

  private static boolean isRegular(byte b) {
    return BLANKS.indexOf(b) < 0 && DELIMITERS.indexOf(b) < 0;
  }
}
