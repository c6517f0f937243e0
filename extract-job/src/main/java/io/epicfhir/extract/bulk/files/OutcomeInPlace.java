package io.epicfhir.extract.bulk.files;

import io.epicfhir.extract.source.answer.DamagedBody;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;

/**
 * An OperationOutcome that came with status 200 in place of a file of resources, as some servers
 * answer where they could not read the file: no line of it, and no reason to think that it is
 * whole.
 */
final class OutcomeInPlace {
  private static final int LONGEST = 64 << 10;
  private static final String TYPE = "OperationOutcome";

  private OutcomeInPlace() {}

  /**
   * The body, from its first byte on.
   *
   * @throws DamagedBody where an OperationOutcome is all that it has, on one line or on several
   */
  static InputStream refused(InputStream body) throws IOException {
    byte[] start = body.readNBytes(LONGEST);
    if (start.length < LONGEST
        && new String(start, StandardCharsets.ISO_8859_1).contains(TYPE)
        && ErrorLine.isOne(start)) {
      String codes = ErrorLine.of(start, 0, start.length, "").problem().key();
      throw new DamagedBody(
          "the server sent an OperationOutcome"
              + (codes.isEmpty() ? "" : " (" + codes + ")")
              + " in place of the file");
    }
    return new SequenceInputStream(new ByteArrayInputStream(start), body);
  }
}
