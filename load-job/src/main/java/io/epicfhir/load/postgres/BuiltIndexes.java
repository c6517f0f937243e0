package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;
import static io.epicfhir.load.sql.Identifiers.quoted;
import static io.epicfhir.load.sql.Identifiers.role;

import io.epicfhir.load.postgres.copy.CopyConnections;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Key and indexes of a table that is built. An index's name is its schema's, where tables of other
 * views and of other people have theirs: so each has a name that nothing else can have until its
 * table is in place, and takes there the one that it should have, or one like it that is free.
 */
final class BuiltIndexes {
  /** As much of a name as PostgreSQL keeps. */
  private static final int LONGEST = 63;

  /** Names of indexes that are built are ours alone. */
  private static final String NAME_TAKEN = "42P07";

  private final PostgresLoad load;
  private final ViewSnapshot view;
  private final TableSql sql;
  private final boolean idIsResource;
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Map<String, String> leftOut = new LinkedHashMap<>();
  private IndexTablespaces spaces;
  private String prefix;
  private int begun;
  private String key = "";

  /**
   * @param idIsResource whether each row's id is its resource's
   */
  BuiltIndexes(PostgresLoad load, ViewSnapshot view, TableSql sql, boolean idIsResource) {
    this.load = load;
    this.view = view;
    this.sql = sql;
    this.idIsResource = idIsResource;
  }

  /** Makes them, on the rows. */
  void create() throws SQLException {
    prefix =
        load.session().number("SELECT to_regclass(" + literal(sql.built()) + ")::oid::bigint")
            + " index ";
    spaces = IndexTablespaces.of(load.session().connection(), sql.read());
    Set<String> indexed = keys();
    List<Wanted> others = new ArrayList<>();
    for (FoundIndex index : FoundIndex.of(load.session().connection(), sql.read())) {
      String name = begin(index.name()); // first, so that they keep their names
      String again = index.create(role(index.name()), sql.read());
      List<String> create = new ArrayList<>(spaces.ofIndex(index.name()));
      create.add(index.create(role(name), sql.built()));
      others.add(new Wanted(name, create, index.name(), spaces.later(index.name(), again)));
    }
    make(others);
    indexed.addAll(Sql.texts(load.session().connection(), TableSql.indexedColumns(sql.built())));
    List<String> empty = Sql.texts(load.session().connection(), sql.emptyColumns());
    List<Wanted> own = new ArrayList<>();
    for (TableShape.Column column : sql.indexes(indexed)) {
      String name = begin(nameOf(view.name(), column));
      List<String> create = new ArrayList<>(spaces.ofColumn(column.name()));
      create.add(TableSql.index(role(name), sql.built(), column, empty.contains(column.name())));
      own.add(new Wanted(name, create, "on column " + column.name(), null));
    }
    make(own);
  }

  /**
   * An index to be made.
   *
   * @param create its statements, which may hold values of rows
   * @param known what may be told of it
   * @param again the statement that makes it later where the rows do not take it now; null for one
   *     of ours
   */
  private record Wanted(String name, List<String> create, String known, String again) {}

  /** Those of many rows side by side. */
  private void make(List<Wanted> indexes) throws SQLException {
    if (load.staged().isWorthSeveral(view) && indexes.size() > 1) {
      Map<Wanted, CopyConnections.Work> pieces = new LinkedHashMap<>();
      indexes.forEach(index -> pieces.put(index, c -> Sql.execute(c, index.create())));
      for (var failed : load.staged().sideBySide(view.name(), pieces).entrySet()) {
        unfit(failed.getKey(), failed.getValue());
      }
      return;
    }
    for (Wanted index : indexes) {
      try {
        load.session().transaction(c -> Sql.execute(c, index.create()));
      } catch (SQLException e) {
        unfit(index, e);
      }
    }
  }

  private String begin(String wanted) {
    String name = prefix + begun++; // never one that another of them had
    names.put(name, wanted);
    return name;
  }

  /** The columns of the primary key, and of what is the same as id in each row. */
  private Set<String> keys() throws SQLException {
    Set<String> indexed = new HashSet<>();
    if (sql.hasId()) {
      if (load.session().number(sql.idLooksUnique()) == 1 && primaryKey()) {
        indexed.add("id");
      }
      if (idIsResource) {
        indexed.add(TableShape.RESOURCE_ID);
      }
    }
    return indexed;
  }

  private boolean primaryKey() throws SQLException {
    String found = String.join("", Sql.texts(load.session().connection(), sql.foundPrimaryKey()));
    String name = begin(found.isEmpty() ? cut(view.name(), "_pkey") : found);
    List<String> create =
        new ArrayList<>(found.isEmpty() ? spaces.ofColumn("id") : spaces.ofIndex(found));
    create.add(TableSql.primaryKey(role(name), sql.built()));
    try {
      load.session().transaction(c -> Sql.execute(c, create));
      key = name;
      return true;
    } catch (SQLException e) {
      if (isOfTheRows(e)) {
        names.remove(name);
        return false; // the statistics saw a sample only, or an id is too long for any index
      }
      throw e;
    }
  }

  /**
   * An index that the rows or columns do not take is no reason to have no rows. Its definition may
   * hold values of rows, so it is known by its name only.
   */
  private void unfit(Wanted index, SQLException e) throws SQLException {
    if (!isOfTheRows(e)) {
      throw e;
    }
    names.remove(index.name());
    if (index.again() != null) {
      leftOut.put(index.known(), index.again());
    }
    load.notes()
        .accept(
            "%s was loaded without an index that PostgreSQL cannot build on its rows or columns (SQLSTATE %s): %s"
                .formatted(load.nameOf(view), e.getSQLState(), index.known()));
  }

  /** By name, how to make the indexes of others that the rows do not fit. */
  Map<String, String> leftOut() {
    return leftOut;
  }

  /** What an index on a column is called. */
  static String nameOf(String view, TableShape.Column column) {
    return cut(view + "_" + column.name(), "_idx");
  }

  /** Whether the statement can never work on these rows; else the server has a problem. */
  private static boolean isOfTheRows(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return !state.equals(NAME_TAKEN)
        && Set.of("22", "23", "42", "54", "0A", "P0")
            .contains(state.substring(0, Math.min(2, state.length())));
  }

  /** An index of another loaded table has the name that this table is to have. */
  void giveWay(Connection connection) throws SQLException {
    String free = free(view.name(), taken(connection));
    Sql.execute(connection, "ALTER INDEX " + sql.read() + " RENAME TO " + role(free));
  }

  /** Makes the same ones on the table that is read, where the built one does not take its place. */
  void copy(Connection connection) throws SQLException {
    Set<String> taken = taken(connection);
    List<String> statements = new ArrayList<>();
    if (!key.isEmpty()) {
      statements.add(TableSql.primaryKey(role(named(key, taken)), sql.read()));
    }
    for (FoundIndex index : FoundIndex.of(connection, sql.built())) {
      statements.add(index.create(role(named(index.name(), taken)), sql.read()));
    }
    Sql.execute(connection, statements);
  }

  /** The name of one in its place, which is taken then. */
  private String named(String built, Set<String> taken) {
    String free = free(names.get(built), taken);
    taken.add(free);
    return free;
  }

  /** Gives them their names; the old table is gone and this one in its place. */
  void rename(Connection connection) throws SQLException {
    Set<String> taken = taken(connection);
    List<String> statements = new ArrayList<>();
    for (String index : names.keySet()) {
      statements.add(
          "ALTER INDEX %s.%s RENAME TO %s"
              .formatted(quoted(sql.target()), role(index), role(named(index, taken))));
    }
    Sql.together(connection, statements.toArray(String[]::new));
  }

  private Set<String> taken(Connection connection) throws SQLException {
    return new HashSet<>(
        Sql.texts(
            connection,
            "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
                + " ON n.oid = c.relnamespace WHERE n.nspname = "
                + literal(sql.target())));
  }

  /** As PostgreSQL does it: with the first number that is free. */
  private static String free(String wanted, Set<String> taken) {
    String name = wanted;
    for (int i = 1; taken.contains(name); i++) {
      name = cut(wanted, String.valueOf(i));
    }
    return name;
  }

  private static String cut(String name, String end) {
    return name.substring(0, Math.min(name.length(), LONGEST - end.length())) + end;
  }
}
