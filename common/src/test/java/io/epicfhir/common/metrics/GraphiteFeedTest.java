package io.epicfhir.common.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.Gauge;
import io.epicfhir.common.JobRun;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphiteFeedTest {
  @TempDir Path folder;

  @Test
  void theLastFiguresOfAJobReachTheServer() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout(180_000);
      CompletableFuture<List<String>> heard = CompletableFuture.supplyAsync(() -> hear(server));

      int exit =
          jobRun(server.getLocalPort())
              .run(
                  context -> {
                    var registry = context.recorder().registry();
                    registry.counter("load.rows").inc(7);
                    registry.timer("load.a").update(20, TimeUnit.MILLISECONDS);
                    registry.registerGauge("speed", (Gauge<Long>) () -> 5L);
                  });

      assertThat(exit).isZero();
      assertThat(heard.get(3, TimeUnit.MINUTES))
          .allMatch(line -> line.matches("epic_fhir\\.d\\.count\\.[\\w.-]+ [\\d.-]+ \\d{10}"))
          .anyMatch(line -> line.startsWith("epic_fhir.d.count.load.rows.count 7 "))
          .anyMatch(line -> line.startsWith("epic_fhir.d.count.load.a.max 20.00 "))
          .anyMatch(line -> line.startsWith("epic_fhir.d.count.speed 5 "));
    }
  }

  @Test
  void aServerThatIsAwayCostsNoJob() throws IOException {
    int port;
    try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = gone.getLocalPort();
    }
    JobRun jobRun = jobRun(port);

    assertThat(jobRun.run(context -> context.recorder().registry().counter("n").inc())).isZero();

    assertThat(jobRun.report().at("/run/status").asText()).isEqualTo("success");
    assertThat(jobRun.report().at("/counters/n").asLong()).isEqualTo(1);
  }

  private JobRun jobRun(int port) throws IOException {
    return new JobRun(folder, "metrics { graphite = \"127.0.0.1:" + port + "\" }");
  }

  private static List<String> hear(ServerSocket server) {
    try (Socket client = server.accept();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII))) {
      return in.lines().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
