package io.epicfhir.sandbox;

import io.epicfhir.sandbox.auth.ClientKeys;
import io.epicfhir.sandbox.bulk.FileServing;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.http.Route;
import io.epicfhir.sandbox.store.SiteChanges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * Starts a sandbox that serves until SIGTERM. {@code --data DIR --keys-dir DIR --state-file FILE}
 * are required. The state file appears, whole, when the server listens, and goes when it stops.
 */
final class SandboxCommand {
  private static final Set<String> NAMES =
      Set.of(
          "data",
          "port",
          "keys-dir",
          "state-file",
          "group",
          "client",
          "export-ms",
          "retry-after-s",
          "file-bytes",
          "token-s",
          "max-in-flight",
          "latency-ms",
          "page-size",
          "files-a-page",
          "groups",
          "profile",
          "with",
          "without",
          "kick-off-window-s",
          "kick-off-status",
          "documents-per-day",
          "search-lifetime-s");
  private static final Set<String> FLAGS =
      Set.of(
          "once-per-day", "reuse-exports", "precompress", "patient-search", "last-updated-search");

  private SandboxCommand() {}

  static void run(String[] list) throws IOException, InterruptedException {
    Arguments arguments = new Arguments(list, NAMES, FLAGS);
    ClientKeys keys = ClientKeys.in(Path.of(arguments.required("keys-dir")));
    SandboxOptions options = options(arguments, keys);
    Path state = Path.of(arguments.required("state-file")).toAbsolutePath();
    SandboxServer server = SandboxServer.start(options);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, state, stopped)));
    writeState(state, server, options, keys, Path.of(arguments.required("keys-dir")));
    System.out.println("Sandbox FHIR server listens on " + server.baseUrl());
    stopped.await();
  }

  private static SandboxOptions options(Arguments arguments, ClientKeys keys) {
    SandboxOptions options = SandboxOptions.of(Path.of(arguments.required("data")));
    options.client(arguments.value("client").orElse(options.clientId), keys.publicKeys());
    arguments.value("group").ifPresent(options::groupId);
    arguments.value("port").map(Integer::valueOf).ifPresent(options::port);
    arguments.value("page-size").map(Integer::valueOf).ifPresent(options.searches::pageSize);
    arguments.value("files-a-page").map(Integer::valueOf).ifPresent(options::filesAPage);
    arguments.value("groups").map(Integer::parseInt).ifPresent(options::groups);
    arguments.ifGiven("once-per-day", options.kickOffs::oncePerDay);
    arguments.ifGiven("reuse-exports", options.kickOffs::reusesExports);
    arguments.ifGiven("precompress", () -> options.files(FileServing.PRECOMPRESSED));
    arguments.ifGiven("patient-search", options.searches::patients);
    arguments.ifGiven("last-updated-search", options.searches::lastUpdated);
    arguments.value("max-in-flight").map(Integer::valueOf).ifPresent(options::maxInFlight);
    arguments
        .value("file-bytes")
        .map(Long::valueOf)
        .ifPresent(bytes -> options.fileLimits(bytes, Integer.MAX_VALUE));
    behaviours(arguments, options);
    duration(arguments, "export-ms", 1).ifPresent(options::exportTime);
    duration(arguments, "latency-ms", 1).ifPresent(options::latency);
    duration(arguments, "retry-after-s", 1000).ifPresent(options::retryAfter);
    duration(arguments, "token-s", 1000).ifPresent(options::tokenLifetime);
    return options;
  }

  private static void behaviours(Arguments arguments, SandboxOptions options) {
    String profile = arguments.value("profile").orElse("strict");
    switch (profile) {
      case "epic" -> options.epic();
      case "cerner" -> options.cerner();
      case "strict" -> options.without(Behaviour.values());
      default ->
          throw new IllegalArgumentException(
              "Cannot read profile: " + profile + "; known are strict, epic and cerner");
    }
    options.with(named(arguments, "with")).without(named(arguments, "without"));
    int status = arguments.value("kick-off-status").map(Integer::parseInt).orElse(400);
    duration(arguments, "kick-off-window-s", 1000)
        .ifPresent(window -> options.kickOffs.refusesRecent(window, status));
    arguments
        .value("documents-per-day")
        .map(Integer::valueOf)
        .ifPresent(options.searches::documentsPerDay);
    duration(arguments, "search-lifetime-s", 1000).ifPresent(options.searches::lifetime);
  }

  private static Behaviour[] named(Arguments arguments, String list) {
    return arguments
        .value(list)
        .map(names -> Arrays.stream(names.split(",", -1)).map(Behaviour::named))
        .orElseGet(Stream::empty)
        .toArray(Behaviour[]::new);
  }

  private static java.util.Optional<Duration> duration(
      Arguments arguments, String name, long millis) {
    return arguments.value(name).map(value -> Duration.ofMillis(Long.parseLong(value) * millis));
  }

  private static void writeState(
      Path file, SandboxServer server, SandboxOptions options, ClientKeys keys, Path keysDir)
      throws IOException {
    Path folder = keysDir.toAbsolutePath();
    String text =
        String.join(
            "\n",
            "SANDBOX_URL=" + server.baseUrl(),
            "SANDBOX_ADMIN_URL=" + server.origin() + Route.ADMIN_PATH,
            "SANDBOX_PID=" + ProcessHandle.current().pid(),
            "SANDBOX_DATA=" + options.data.toAbsolutePath(),
            "SANDBOX_GROUP=" + options.groupId,
            "SANDBOX_GROUPS=" + String.join(",", options.siteGroups(new SiteChanges()).dealt()),
            "SANDBOX_CLIENT_ID=" + options.clientId,
            "SANDBOX_RS384_KEY=" + folder.resolve("rs384.pem"),
            "SANDBOX_RS384_KEY_ID=" + keys.rs384().getKeyID(),
            "SANDBOX_ES384_KEY=" + folder.resolve("es384.pem"),
            "SANDBOX_ES384_KEY_ID=" + keys.es384().getKeyID(),
            "SANDBOX_JWKS=" + folder.resolve("jwks.json"),
            "");
    Files.createDirectories(file.getParent());
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.writeString(part, text);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void stop(SandboxServer server, Path state, CountDownLatch stopped) {
    try {
      Files.deleteIfExists(state);
      server.close();
    } catch (IOException e) {
      System.err.println("Cannot stop the sandbox cleanly: " + e.getMessage());
    } finally {
      stopped.countDown();
    }
  }
}
