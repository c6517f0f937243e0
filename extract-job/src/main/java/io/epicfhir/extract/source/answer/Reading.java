package io.epicfhir.extract.source.answer;

import java.io.IOException;

/** Makes something of an answer; a body that turns out broken is asked for again. */
public interface Reading<T> {
  T read(Reply reply) throws IOException;
}
