package io.epicfhir.extract.source.http;

import java.io.IOException;
import java.io.InputStream;

/** Takes in the bytes of a file; called anew for every try. */
public interface Intake {
  /** Reads the body to its end. */
  void take(InputStream body) throws IOException;

  /** Reads the body of an answer that says that it is something else than NDJSON. */
  void takeForeign(InputStream body) throws IOException;
}
