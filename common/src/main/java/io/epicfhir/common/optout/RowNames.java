package io.epicfhir.common.optout;

import java.nio.charset.StandardCharsets;

/** Whom a row of a view's table names: by its columns of ids, and by its texts. */
public final class RowNames {
  private final String table;
  private final Known known;
  private final TextNames names;

  RowNames(String table, Known known) {
    this.table = table;
    this.known = known;
    this.names = new TextNames(known);
  }

  /** Takes in a value. */
  public RowNames add(String column, String value) {
    boolean plain = KeyColumns.isKey(column) && value.indexOf('/') < 0;
    String type = plain ? KeyColumns.type(table, column) : "";
    if (!type.isEmpty()) {
      Known.Name name = named(type, value);
      names.take(type, name == Known.Name.NOBODY ? ofOtherType(column, value) : name);
      return this;
    }
    if (plain && KeyColumns.isLong(value)) {
      names.take(null, known.ofAnyType(value));
    }
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    names.read(text, 0, text.length, null);
    return this;
  }

  /** Many data models call a patient a person. */
  private Known.Name named(String type, String id) {
    Known.Name name = known.of(type, id);
    return name == Known.Name.NOBODY && type.equals("Person") ? known.of("Patient", id) : name;
  }

  /** The type is a guess: it must not hide somebody, and least of all a patient. */
  private Known.Name ofOtherType(String column, String id) {
    Known.Name name = KeyTokens.isUnique(id) ? known.ofPatients(id) : Known.Name.NOBODY;
    boolean counts = name == Known.Name.PERSON || !KeyColumns.isCertain(table, column, id);
    return counts ? name : Known.Name.NOBODY;
  }

  /** Whether the row is about one of those who are asked for. */
  public boolean any() {
    return names.any();
  }
}
