package io.epicfhir.common.optout;

import java.util.List;

/** Who and what is asked for, by its names. */
interface Known {
  /** What a name is. */
  enum Name {
    NOBODY,
    THEIRS,
    PERSON
  }

  /**
   * What one of these names is.
   *
   * @param type null where none stands beside the id
   * @param ids of one word, as {@link KeyForms} has them
   */
  default Name of(String type, List<String> ids) {
    Name best = Name.NOBODY;
    for (String id : ids) {
      Name one = of(type, id);
      best = one.compareTo(best) > 0 ? one : best;
    }
    return best;
  }

  /** What this name is; where a type stands beside an id, it counts. */
  Name of(String type, String id);

  /** What an id of any type is. */
  Name ofAnyType(String id);

  /** What an id is that no other resource has, if it is of a type that is about patients. */
  Name ofPatients(String id);

  /** Whether an identifier, as {@code system|value}, is a person's. */
  boolean isPersons(String identifier);
}
