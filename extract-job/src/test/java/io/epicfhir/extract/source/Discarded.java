package io.epicfhir.extract.source;

import io.epicfhir.extract.source.http.Intake;
import java.io.IOException;
import java.io.InputStream;

/** Takes whatever comes, to its end. */
final class Discarded implements Intake {
  @Override
  public void take(InputStream body) throws IOException {
    body.readAllBytes();
  }

  @Override
  public void takeForeign(InputStream body) throws IOException {
    body.readAllBytes();
  }
}
