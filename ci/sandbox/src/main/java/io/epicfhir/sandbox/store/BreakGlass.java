package io.epicfhir.sandbox.store;

import java.util.Arrays;

/** How a site answers a client that asks for a restricted patient. */
public enum BreakGlass {
  /** 403 and an OperationOutcome without a code of Epic's. */
  FORBIDDEN("403"),
  /** 403 and a fatal 4130. */
  RESTRICTED("4130"),
  /** 403 and a fatal 4131. */
  NO_ACCESS("4131"),
  /** A search answers 200 and nothing but the information 4134; a read answers 403. */
  SUPPRESSED("4134");

  private final String code;

  BreakGlass(String code) {
    this.code = code;
  }

  /** By Epic's code, or 403. */
  public static BreakGlass of(String code) {
    return Arrays.stream(values())
        .filter(answer -> answer.code.equals(code))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("Cannot break the glass with " + code));
  }

  /** Epic's code, or 403. */
  public String code() {
    return code;
  }
}
