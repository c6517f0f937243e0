package io.epicfhir.extract.bulk.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.bulk.manifest.FileKind;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BinTest {
  private static List<RemoteFile> files(String type, int many, Long count) {
    List<RemoteFile> files = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      String name = type + i;
      files.add(
          new RemoteFile(FileKind.OUTPUT, type, name, URI.create("https://h/" + name), count));
    }
    return files;
  }

  @Test
  void every_file_is_in_one_bin_and_a_bin_holds_one_type() {
    List<RemoteFile> all = files("Patient", 3, 10L);
    all.addAll(files("Observation", 40, 100L));
    all.addAll(files("Goal", 1, null));

    List<Bin> bins = Bin.plan(all, 2);

    assertThat(bins.stream().flatMap(b -> b.files().stream()))
        .containsExactlyInAnyOrderElementsOf(all);
    assertThat(bins)
        .allSatisfy(
            b ->
                assertThat(b.files())
                    .extracting(RemoteFile::type)
                    .containsOnly(b.files().get(0).type()));
  }

  @Test
  void only_a_type_that_is_much_of_the_whole_gets_several_bins_and_they_come_first() {
    List<RemoteFile> all = files("Patient", 30, 10L);
    all.addAll(files("Observation", 40, 100L));

    List<Bin> bins = Bin.plan(all, 2);

    assertThat(bins).hasSize(5);
    assertThat(bins.subList(0, 4))
        .allSatisfy(b -> assertThat(b.files().get(0).type()).isEqualTo("Observation"))
        .allSatisfy(b -> assertThat(b.files()).hasSize(10));
    assertThat(bins.get(4).files()).hasSize(30);
  }
}
