package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.documents.PlainText;
import io.epicfhir.transform.fhirpath.Op;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import org.apache.spark.unsafe.types.UTF8String;

/** Functions of a document in base64, and of a narrative. */
final class Documents extends Single {
  private static final long serialVersionUID = 1L;
  private final Op op;
  private final Eval content;
  private final Eval contentType;

  /**
   * @param contentType null for functions of the bytes alone
   */
  Documents(Op op, Eval content, Eval contentType) {
    this.op = op;
    this.content = content;
    this.contentType = contentType;
  }

  @Override
  Object element(Object focus, Frame frame) {
    UTF8String data = (UTF8String) content.value(focus, frame);
    if (data == null) {
      return null;
    }
    if (op == Op.XHTML_TEXT) {
      return UTF8String.fromString(PlainText.ofXhtml(data.toString()).text());
    }
    UTF8String type = contentType == null ? null : (UTF8String) contentType.value(focus, frame);
    ReadDocument document = frame.document(data);
    return switch (op) {
      case PLAIN_TEXT -> document.text(type);
      case PLAIN_TEXT_PROBLEM -> document.problem(type);
      case PLAIN_TEXT_CHARSET -> document.charset(type);
      case BYTE_COUNT -> document.size();
      case SHA256 -> document.sha256();
      default -> throw new IllegalStateException("no function of a document: " + op);
    };
  }
}
