package io.epicfhir.transform.documents;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of an XML document. Of a C-CDA it is what the standard wants people to see: the titles,
 * and the narrative of each section; a document that it wraps is read as what it is. Of other XML
 * it is all text, each element on a line of its own. Entities of a DTD stay as they are written.
 * Standard: https://hl7.org/cda/us/ccda (CDA R2, 4.3.5: the narrative block).
 */
final class XmlText implements Markup.Handler {
  private static final Pattern MEDIA_TYPE = Pattern.compile("mediaType\\s*=\\s*[\"']([^\"']*)");

  private final Lines lines = new Lines();
  private final StringBuilder wrapped = new StringBuilder();
  private boolean started;
  private boolean clinical;
  private int narrative;
  private int entries;
  private boolean firstCell = true;
  private boolean inWrapped;
  private String mediaType = "";

  private XmlText() {}

  /**
   * @param outer false for a document that another wraps
   */
  static PlainText of(TextDecoder.Decoded read, boolean outer) {
    XmlText text = new XmlText();
    Markup.read(read.text(), false, text);
    if (text.wrapped.length() > 0 && outer) {
      byte[] base64 = text.wrapped.toString().getBytes(StandardCharsets.ISO_8859_1);
      return Document.ofBase64(base64).plainText(text.mediaType, false);
    }
    return PlainText.of(text.lines.toString(), true, read.charset());
  }

  @Override
  public void open(String name, String attributes, boolean closed) {
    if (!started) {
      started = true;
      clinical = name.equals("clinicaldocument");
    }
    if (!clinical) {
      lines.block(1);
      return;
    }
    if (closed) {
      if (name.equals("br") && shown()) {
        lines.line();
      }
      return;
    }
    switch (name) {
      case "entry" -> entries++;
      case "text", "title" -> {
        if (attributes.contains("B64")) {
          Matcher type = MEDIA_TYPE.matcher(attributes);
          mediaType = type.find() ? type.group(1) : "";
          inWrapped = true;
        }
        narrative++;
        lines.block(name.equals("title") ? 2 : 1);
      }
      case "paragraph" -> lines.block(2);
      case "list", "item", "table", "caption" -> lines.block(1);
      case "br" -> lines.line();
      case "tr" -> {
        lines.block(1);
        firstCell = true;
      }
      case "td", "th" -> {
        lines.cell(firstCell);
        firstCell = false;
      }
      default -> {}
    }
  }

  @Override
  public void close(String name) {
    if (!clinical) {
      lines.block(1);
      return;
    }
    switch (name) {
      case "entry" -> entries = Math.max(0, entries - 1);
      case "text", "title" -> {
        narrative = Math.max(0, narrative - 1);
        inWrapped = false;
        lines.block(1);
      }
      case "paragraph" -> lines.block(2);
      case "list", "item", "table", "caption" -> lines.block(1);
      case "tr" -> lines.row();
      default -> {}
    }
  }

  private boolean shown() {
    return narrative > 0 && entries == 0;
  }

  @Override
  public void text(String text) {
    if (inWrapped && entries == 0) {
      wrapped.append(text);
    } else if (!clinical || shown()) {
      lines.text(text);
    }
  }
}
