package io.epicfhir.sandbox.search;

import io.epicfhir.sandbox.epic.Behaviour;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;

/** What can be searched and read at a site. Every setter returns this. */
public final class SiteSearches {
  private int pageSize = 100;
  private boolean patientSearch;
  private boolean lastUpdatedSearch;
  private Duration lifetime = Duration.ofHours(1);
  private int documentsPerDay = Integer.MAX_VALUE;

  /** Entries of a search page where the client names no smaller _count. Default 100. */
  public SiteSearches pageSize(int value) {
    pageSize = value;
    return this;
  }

  /** Patients can also be searched by identifier, and all of them be listed. */
  public SiteSearches patients() {
    patientSearch = true;
    return this;
  }

  /** {@code date} and {@code _lastUpdated} can be searched for types whose resources have them. */
  public SiteSearches lastUpdated() {
    lastUpdatedSearch = true;
    return this;
  }

  /** How long after a search its next links work. Default one hour. */
  public SiteSearches lifetime(Duration value) {
    lifetime = value;
    return this;
  }

  /** More Binaries than this are refused until the next day, with code 4135. */
  public SiteSearches documentsPerDay(int value) {
    documentsPerDay = value;
    return this;
  }

  /** Of a site with these behaviours and this clock. */
  public SearchOptions options(Set<Behaviour> behaviours, Clock clock) {
    return new SearchOptions(
        behaviours, clock, pageSize, patientSearch, lastUpdatedSearch, lifetime, documentsPerDay);
  }
}
