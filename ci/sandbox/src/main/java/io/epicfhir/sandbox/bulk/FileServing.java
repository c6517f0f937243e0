package io.epicfhir.sandbox.bulk;

/** How the files of exports are served, where not as the specification has it by itself. */
public enum FileServing {
  /** At a second listener, on {@code localhost} and another port. */
  OTHER_ORIGIN,
  /** Without a token: manifests say {@code requiresAccessToken=false}. */
  OPEN,
  /** Compressed once, at the kick-off, and sent by sendfile. */
  PRECOMPRESSED
}
