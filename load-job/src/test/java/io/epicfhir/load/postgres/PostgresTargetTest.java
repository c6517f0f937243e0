package io.epicfhir.load.postgres;

import io.epicfhir.load.LoadRun;
import io.epicfhir.load.TargetKit;
import java.nio.file.Path;
import java.util.List;

/** PostgreSQL as a target. */
class PostgresTargetTest extends TargetKit {
  @Override
  public LoadRun loadOf(Path place) {
    return new LoadRun(place).with("removed-columns", "drop");
  }

  @Override
  public LoadRun neighbourOf(LoadRun load, Path place) {
    return new LoadRun(place)
        .with("schema", load.schema())
        .with("state-schema", load.schema() + "_state");
  }

  @Override
  public List<String> rows(LoadRun load, String view) throws Exception {
    return load.query("SELECT * FROM " + load.setting("schema") + "." + view).stream()
        .sorted()
        .toList();
  }

  @Override
  public void tamper(LoadRun load, String view) throws Exception {
    load.execute("UPDATE {}." + view + " SET text = 'wrong' WHERE id = 'r1'");
  }
}
