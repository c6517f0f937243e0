package io.epicfhir.sandbox.faults;

import io.epicfhir.sandbox.http.Piece;
import io.epicfhir.sandbox.http.RequestKind;
import java.util.List;

/**
 * A fault of an export: of its manifest, matched by {@link RequestKind#STATUS}, or of its content.
 */
public sealed interface BulkFault extends Fault {
  /** Decided at the kick-off; matched by {@link Match#file}. */
  sealed interface OnExport extends BulkFault {}

  /** Another transactionTime; empty means none. */
  record TransactionTime(String text) implements BulkFault {}

  /** A next link that leads to its own page. */
  record ManifestCycle() implements BulkFault {}

  /** The manifest's count of a file is off by this. */
  record WrongCount(int by) implements OnExport {}

  /** One more line at the start of a file, counted in the manifest. */
  record ExtraLine(String line) implements OnExport {}

  /** One more resource at the start of a file, counted in the manifest. */
  record LongLine(int bytes) implements OnExport {
    public List<Piece> pieces(String type) {
      Piece head =
          Piece.text(
              "{\"resourceType\":\""
                  + type
                  + "\",\"id\":\"long-line\",\"text\":{\"status\":\"generated\",\"div\":\"<div>");
      Piece tail = Piece.text("</div>\"}}");
      long rest = Math.max(1, bytes - head.length() - tail.length());
      return List.of(head, new Piece.Repeated((byte) 'x', rest), tail);
    }
  }

  /**
   * One more file under the manifest's {@code error}; matched by {@link Match#file} of any type.
   */
  record ErrorFile(String severity, String code, String diagnostics) implements OnExport {}
}
