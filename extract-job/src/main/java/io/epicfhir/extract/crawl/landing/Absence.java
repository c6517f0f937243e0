package io.epicfhir.extract.crawl.landing;

/** What it means that a resource is not there any more. */
public enum Absence {
  /** Nothing. */
  UNKNOWN,
  /** It is gone, which need not be said of it: another statement of the landing holds. */
  GONE_WITH_TYPE,
  /** It is gone, and the landing must say so. */
  GONE
}
