package io.epicfhir.sandbox.epic;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A way in which a real server differs from the strict sandbox. Each is a switch of its own; the
 * profile {@code epic} is all up to {@link #OLD_SCOPES}, {@code cerner} the others. The README says
 * what is known of each, and from where.
 */
public enum Behaviour {
  /** Resources carry no meta.lastUpdated, version, source or profile. */
  NO_UPDATE_TIMES,
  /** Ids are opaque; one of 20 is longer than 64 characters. */
  OPAQUE_IDS,
  /** Identifiers have the site's OIDs as systems and words of the site as types. */
  SITE_IDENTIFIERS,
  /** Patients carry Epic's extensions beside US Core's; a marital status is a text. */
  SITE_EXTENSIONS,
  /** The site's own codings stand before the standard ones. */
  LOCAL_CODINGS,
  /** Half of the conditions name ICD-10-CM and SNOMED CT by their OIDs. */
  OID_CODE_SYSTEMS,
  /** A drug's codes are in the Medication that the order points to. */
  MEDICATION_REFERENCES,
  /** The text of notes is in Binaries, as HTML, RTF, plain text or PDF. */
  BINARY_NOTES,
  /** Some laboratory results point to a Specimen. */
  SPECIMENS,
  /** A tenth of the observations is found only through a report or another observation. */
  HIDDEN_OBSERVATIONS,
  /** Medication, Practitioner, PractitionerRole, Organization, Location, Specimen: by id only. */
  TYPES_BY_ID,
  /** An export with _since holds everything all the same. */
  SINCE_IGNORED,
  /** An export of Condition always has an error file. */
  CONDITION_ACCESS_ERRORS,
  /** Search pages hold fewer entries than _count, some none. */
  SHORT_PAGES,
  /** Some searches lose their session once, at the first next link. */
  SESSIONS_EXPIRE,
  /** A Group can be exported and not be read. */
  GROUP_UNREADABLE,
  /** A Binary comes as it is, except to a client that accepts FHIR JSON. */
  RAW_BINARIES,
  /** One of 25 notes is refused with 403. */
  RESTRICTED_NOTES,
  /** Every third token request is answered 400, without a body. */
  TOKEN_STUMBLES,
  /** A token's scope reads {@code Patient.read Patient.search}. */
  OLD_SCOPES,
  /** A file's URL redirects (307) to a signed link that is refused with a token. */
  SIGNED_FILE_LINKS,
  /** A _typeFilter names searches of one type; another type needs a _typeFilter of its own. */
  ONE_TYPE_A_FILTER,
  /** A client has one running export, whatever the group. */
  ONE_EXPORT,
  /** An export with _since reports no deletion: its manifest has no list of them. */
  DELETIONS_UNTOLD;

  private static final Set<Behaviour> SHAPE = EnumSet.range(NO_UPDATE_TIMES, Behaviour.TYPES_BY_ID);

  /** The profile {@code epic}. */
  public static Set<Behaviour> epic() {
    return EnumSet.range(NO_UPDATE_TIMES, OLD_SCOPES);
  }

  /** The profile {@code cerner}. */
  public static Set<Behaviour> cerner() {
    return EnumSet.range(SIGNED_FILE_LINKS, ONE_EXPORT);
  }

  /** By its name on the command line, such as {@code short-pages}. */
  public static Behaviour named(String option) {
    return Arrays.stream(values())
        .filter(behaviour -> behaviour.option().equals(option))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot read behaviour: "
                        + option
                        + "; known are "
                        + Arrays.stream(values())
                            .map(Behaviour::option)
                            .collect(Collectors.joining(", "))));
  }

  /** Whether any of them changes resources. */
  public static boolean shapes(Set<Behaviour> behaviours) {
    return behaviours.stream().anyMatch(SHAPE::contains);
  }

  /** Its name on the command line. */
  public String option() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
