package io.epicfhir.sandbox.epic;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The formats in which Epic sends notes. */
enum NoteFormat {
  HTML("text/html") {
    @Override
    byte[] bytes(String text) {
      String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
      String body = "<html><body><div>" + escaped.replace("\n", "<br/>") + "</div></body></html>";
      return body.getBytes(StandardCharsets.UTF_8);
    }
  },
  RTF("text/rtf") {
    @Override
    byte[] bytes(String text) {
      StringBuilder rtf = new StringBuilder("{\\rtf1\\ansi\\deff0 ");
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        switch (c) {
          case '\\', '{', '}' -> rtf.append('\\').append(c);
          case '\n' -> rtf.append("\\par\n");
          default -> rtf.append(c < 128 ? String.valueOf(c) : "\\u" + (short) c + "?");
        }
      }
      return rtf.append('}').toString().getBytes(StandardCharsets.US_ASCII);
    }
  },
  PLAIN("text/plain") {
    @Override
    byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  },
  PDF("application/pdf") {
    @Override
    byte[] bytes(String text) {
      return pdf(text);
    }
  };

  private final String contentType;

  NoteFormat(String contentType) {
    this.contentType = contentType;
  }

  String contentType() {
    return contentType;
  }

  abstract byte[] bytes(String text);

  /** One page, however long the text is. */
  private static byte[] pdf(String text) {
    StringBuilder page = new StringBuilder("BT /F1 8 Tf 40 760 Td 10 TL\n");
    for (String line : text.split("\n", -1)) {
      String escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)");
      page.append('(').append(escaped.replaceAll("[^ -~]", "?")).append(") '\n");
    }
    page.append("ET");
    List<String> objects =
        List.of(
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
                + " /Resources << /Font << /F1 5 0 R >> >> >>",
            "<< /Length " + page.length() + " >>\nstream\n" + page + "\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    StringBuilder pdf = new StringBuilder("%PDF-1.4\n");
    List<Integer> offsets = new ArrayList<>();
    for (String object : objects) {
      offsets.add(pdf.length());
      pdf.append(offsets.size()).append(" 0 obj\n").append(object).append("\nendobj\n");
    }
    int table = pdf.length();
    pdf.append("xref\n0 ").append(objects.size() + 1).append("\n0000000000 65535 f \n");
    offsets.forEach(offset -> pdf.append("%010d 00000 n \n".formatted(offset)));
    pdf.append("trailer\n<< /Size ").append(objects.size() + 1).append(" /Root 1 0 R >>\n");
    return pdf.append("startxref\n")
        .append(table)
        .append("\n%%EOF\n")
        .toString()
        .getBytes(StandardCharsets.US_ASCII);
  }
}
