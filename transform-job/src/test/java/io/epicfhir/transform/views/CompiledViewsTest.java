package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;

final class CompiledViewsTest {
  private static ViewDefinition view(String name, String select) {
    return ViewDefinition.parse(
        "{\"resourceType\": \"ViewDefinition\", \"name\": \""
            + name
            + "\", \"resource\": \"Patient\", \"select\": ["
            + select
            + "]}",
        name + ".json");
  }

  private static String column(String path) {
    return "{\"column\": [{\"name\": \"c\", \"path\": \"" + path + "\"}]}";
  }

  @Test
  void aViewTravelsWithoutTheOthers() throws IOException, ClassNotFoundException {
    CompiledViews both =
        ViewCompiler.compile(
            "Patient",
            List.of(view("one", column("'of the first'")), view("two", column("'of the second'"))));
    BitSet second = new BitSet();
    second.set(1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(both.only(second));
    }
    assertThat(bytes.toString(StandardCharsets.ISO_8859_1))
        .contains("column c")
        .doesNotContain("of the first");
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      CompiledViews there = (CompiledViews) in.readObject();
      RowLines rows = new RowLines(both.views().get(1).columns());
      byte[] resource = "{}".getBytes(StandardCharsets.UTF_8);
      there
          .runner(new Drift())
          .run(UTF8String.fromString("a"), resource, 0, resource.length, second, rows);
      assertThat(rows.lines()).containsExactly("{\"c\":\"of the second\"}");
    }
  }

  @Test
  void aChainOfVeryManyLoopsIsRefused() {
    String select = column("id");
    for (int i = 0; i < 200; i++) {
      select = "{\"forEach\": \"extension\", \"select\": [" + select + "]}";
    }
    String nested = select;
    assertThatThrownBy(() -> ViewCompiler.compile("Patient", List.of(view("deep", nested))))
        .isInstanceOf(ViewException.class)
        .hasMessageContaining("are nested more than 200 steps deep; split it into two views");
  }

  @Test
  void selectsSideBySideAreOneStep() {
    StringBuilder selects = new StringBuilder(column("id"));
    for (int i = 0; i < 400; i++) {
      selects.append(", ").append(column("id").replace("\"c\"", "\"c" + i + "\""));
    }
    assertThat(ViewCompiler.compile("Patient", List.of(view("wide", selects.toString()))).views())
        .hasSize(1);
  }
}
