package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.CrawlFaultsTest;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Where the fault table's rows are tested; the name of each test begins with its row's number.
 *
 * <table>
 * <caption>Rows of the extract job</caption>
 * <tr><td>1, 2, 3, 6, 7, 18; 12-15 of files</td><td>{@link FaultTableFileTest}</td></tr>
 * <tr><td>3 at some bytes a second</td><td>{@link WireMockServerTest}</td></tr>
 * <tr><td>4, 5, 8-11</td><td>{@link FaultTableConnectionTest}</td></tr>
 * <tr><td>12-17, 20, 21</td><td>{@link FaultTableExportTest}</td></tr>
 * <tr><td>19, 22-25, 38</td><td>{@link FaultTableContentTest}</td></tr>
 * <tr><td>31, 32</td><td>{@link CrawlFaultsTest}</td></tr>
 * <tr><td>33</td><td>ExtractKillsTest, by kill -9</td></tr>
 * <tr><td>36, 37</td><td>{@link FaultTableDiskTest}</td></tr>
 * </table>
 */
class FaultTableTest {
  private static final List<Class<?>> CLASSES =
      List.of(
          FaultTableConnectionTest.class,
          FaultTableExportTest.class,
          FaultTableFileTest.class,
          FaultTableContentTest.class,
          FaultTableDiskTest.class,
          CrawlFaultsTest.class);

  static Stream<String> rows() {
    return Stream.concat(Stream.iterate(1, n -> n <= 25, n -> n + 1), Stream.of(31, 32, 36, 37, 38))
        .map(n -> String.format("%02d", n));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void each_row_has_a_test(String number) {
    assertThat(CLASSES.stream().flatMap(c -> Arrays.stream(c.getDeclaredMethods())))
        .extracting(Method::getName)
        .anyMatch(name -> name.matches("fault_(\\d\\d_and_)?" + number + "_.*"));
  }
}
