package io.epicfhir.extract.crawl.pages;

/** Codes of our own for what is wrong with a page of a search: it may lack something. */
public final class PageProblem {
  /** An entry says that there is a resource, and does not hold it. */
  static final String ENTRY_WITHOUT_RESOURCE = "entry-without-resource";

  /** An entry of mode outcome that holds something else than an OperationOutcome. */
  static final String OUTCOME_WITHOUT_ISSUES = "outcome-without-issues";

  /** A Bundle of another type than searchset. */
  static final String NOT_A_SEARCHSET = "not-a-searchset";

  /** The page says that there is a next one, and not where. */
  static final String NEXT_WITHOUT_URL = "next-without-url";

  /** The page has a link that may be the one to the next page, and does not say so. */
  public static final String UNREADABLE_LINK = "unreadable-link";

  /** The total is no number. */
  static final String UNREADABLE_TOTAL = "unreadable-total";

  private PageProblem() {}
}
