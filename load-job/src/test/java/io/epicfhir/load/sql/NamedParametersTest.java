package io.epicfhir.load.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** By PostgreSQL's lexical structure (documentation, section 4.1). */
class NamedParametersTest {
  static List<Arguments> texts() {
    return List.of(
        Arguments.of("SELECT :a, :b_2, :a", "SELECT ?, ?, ?", List.of("a", "b_2", "a")),
        Arguments.of("SELECT x::text, :a::int", "SELECT x::text, ?::int", List.of("a")),
        Arguments.of("SELECT ':a', '''(:a)', \":a\"", "SELECT ':a', '''(:a)', \":a\"", List.of()),
        Arguments.of("SELECT E'\\':a', :b", "SELECT E'\\':a', ?", List.of("b")),
        Arguments.of("SELECT date'\\', :b", "SELECT date'\\', ?", List.of("b")),
        Arguments.of("SELECT $$ :a ' $$, :b", "SELECT $$ :a ' $$, ?", List.of("b")),
        Arguments.of("SELECT $x$ $$ :a $x$, :b", "SELECT $x$ $$ :a $x$, ?", List.of("b")),
        Arguments.of("SELECT a$b$ :c", "SELECT a$b$ ?", List.of("c")),
        Arguments.of("SELECT 1 -- :a '\n, :b", "SELECT 1 -- :a '\n, ?", List.of("b")),
        Arguments.of("SELECT /* :a /* ' */ :c */ :b", "SELECT /* :a /* ' */ :c */ ?", List.of("b")),
        Arguments.of("SELECT a[1:n], a[i:n], :n", "SELECT a[1:n], a[i:n], ?", List.of("n")),
        Arguments.of("SELECT j ? 'k', '?', :a", "SELECT j ?? 'k', '?', ?", List.of("a")),
        Arguments.of(
            "SELECT 1 WHERE x>=:a AND y=(:b)", "SELECT 1 WHERE x>=? AND y=(?)", List.of("a", "b")));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void onlyParametersBecomePlaceholders(String sql, String jdbc, List<String> names) {
    assertThat(NamedParameters.of(sql)).isEqualTo(new NamedParameters(jdbc, names, 1));
  }

  static List<Arguments> statements() {
    return List.of(
        Arguments.of("", 0),
        Arguments.of(" ; -- nothing; here\n /* ; */ ", 0),
        Arguments.of("SELECT ';' ; -- ; \n", 1),
        Arguments.of("SELECT 1; DROP TABLE x", 2),
        Arguments.of("SELECT 1;;'x'", 2));
  }

  @ParameterizedTest
  @MethodSource("statements")
  void statementsAreCounted(String sql, int count) {
    assertThat(NamedParameters.of(sql).statements()).isEqualTo(count);
  }
}
