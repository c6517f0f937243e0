package io.epicfhir.transform.documents;

import java.util.Set;
import java.util.regex.Pattern;

/** The text of an HTML page that a browser would show. */
final class HtmlText implements Markup.Handler {
  private static final Set<String> PARAGRAPHS = Set.of("p");
  private static final Set<String> BLOCKS =
      Set.of(
          "address",
          "article",
          "aside",
          "blockquote",
          "body",
          "caption",
          "center",
          "dd",
          "details",
          "dialog",
          "dir",
          "div",
          "dl",
          "dt",
          "fieldset",
          "figcaption",
          "figure",
          "footer",
          "form",
          "h1",
          "h2",
          "h3",
          "h4",
          "h5",
          "h6",
          "header",
          "hgroup",
          "hr",
          "legend",
          "li",
          "listing",
          "main",
          "menu",
          "nav",
          "ol",
          "optgroup",
          "option",
          "pre",
          "search",
          "section",
          "summary",
          "table",
          "tbody",
          "tfoot",
          "thead",
          "ul",
          "xmp");
  private static final Set<String> NOT_SHOWN =
      Set.of("script", "style", "title", "template", "iframe", "noembed", "noframes", "object");
  private static final Set<String> VOID =
      Set.of(
          "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
          "source", "track", "wbr");
  private static final Pattern HIDDEN =
      Pattern.compile(
          "(?i)\\s(hidden(?=[\\s=/]|$)|style\\s*=\\s*(\"[^\"]{0,2000}?|'[^']{0,2000}?)display\\s*:\\s*none)");

  private final Lines lines = new Lines();
  private String hidden = "";
  private int hiddenDepth;
  private int pre;
  private boolean preStart;
  private boolean firstCell = true;

  private HtmlText() {}

  static String of(String html) {
    HtmlText text = new HtmlText();
    Markup.read(html, true, text);
    return text.lines.toString();
  }

  @Override
  public void open(String name, String attributes, boolean closed) {
    if (hiddenDepth > 0) {
      hiddenDepth += name.equals(hidden) ? 1 : 0;
      return;
    }
    boolean empty = VOID.contains(name);
    if (!empty && !closed && (NOT_SHOWN.contains(name) || isHidden(attributes))) {
      hidden = name;
      hiddenDepth = 1;
      return;
    }
    switch (name) {
      case "br" -> lines.line();
      case "tr" -> {
        lines.block(1);
        firstCell = true;
      }
      case "td", "th" -> {
        lines.cell(firstCell);
        firstCell = false;
      }
      default -> block(name);
    }
    if (name.equals("pre") || name.equals("listing")) {
      pre++;
      preStart = true;
    }
  }

  private static boolean isHidden(String attributes) {
    return attributes.length() < 20_000 && HIDDEN.matcher(attributes).find();
  }

  @Override
  public void close(String name) {
    if (hiddenDepth > 0) {
      hiddenDepth -= name.equals(hidden) ? 1 : 0;
      return;
    }
    if (name.equals("tr")) {
      lines.row();
      firstCell = true;
    } else {
      block(name);
    }
    if ((name.equals("pre") || name.equals("listing")) && pre > 0) {
      pre--;
    }
  }

  private void block(String name) {
    if (PARAGRAPHS.contains(name)) {
      lines.block(2);
    } else if (BLOCKS.contains(name)) {
      lines.block(1);
    }
  }

  @Override
  public void text(String text) {
    if (hiddenDepth > 0) {
      return;
    }
    if (pre == 0) {
      lines.text(text);
      return;
    }
    // A line end right after <pre> is none.
    lines.preformatted(preStart ? text.replaceFirst("^\r?\n", "") : text);
    preStart = false;
  }
}
