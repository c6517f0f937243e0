package io.epicfhir.extract.crawl;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.regex.Matcher;

/**
 * A FHIR server of a few resources, which can answer what the sandbox would never answer: rules go
 * first, then reads by id and searches by patient. It asks for no token.
 */
final class Clinic implements AutoCloseable {
  /** "Type/id" and the resource. */
  final Map<String, String> resources = new ConcurrentSkipListMap<>();

  /** Each may answer a request by its path below the base, query included. */
  final List<Function<String, Optional<Reply>>> rules = new CopyOnWriteArrayList<>();

  /** What was asked, as "path|Accept". */
  final List<String> asked = new CopyOnWriteArrayList<>();

  volatile Instant date;
  private final ServerSocket socket;

  /** An answer; headers as "Name: value". */
  record Reply(int status, String contentType, String body, List<String> headers) {
    static Reply fhir(int status, String body) {
      return new Reply(status, "application/fhir+json", body, List.of());
    }

    static Reply of(int status, String contentType, String body) {
      return new Reply(status, contentType, body, List.of());
    }

    Reply with(String header) {
      return new Reply(status, contentType, body, List.of(header));
    }
  }

  Clinic() throws IOException {
    socket = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::accept, "clinic");
    thread.setDaemon(true);
    thread.start();
  }

  URI base() {
    return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/R4");
  }

  /** Adds or replaces resources, each under its own type and id. */
  Clinic has(String... lines) {
    for (String line : lines) {
      String type = line.replaceFirst("(?s).*?\"resourceType\":\"([^\"]+)\".*", "$1");
      String id = line.replaceFirst("(?s).*?\"id\":\"([^\"]+)\".*", "$1");
      resources.put(type + "/" + id, line);
    }
    return this;
  }

  /** A rule for requests whose path begins so. */
  Clinic answers(String prefix, Reply reply) {
    rules.add(0, path -> path.startsWith(prefix) ? Optional.of(reply) : Optional.empty());
    return this;
  }

  /** Requests whose path begins so. */
  long count(String prefix) {
    return asked.stream().filter(path -> path.startsWith(prefix)).count();
  }

  /** A site that crawls it by a short plan: patients in a file of ids. */
  CrawlSite site(Path folder, String... ids) throws IOException {
    CrawlSite site = CrawlSite.against(folder, base());
    Path file = java.nio.file.Files.write(folder.resolve("ids.txt"), List.of(ids));
    site.set("crawl.patients.from", "file").set("crawl.patients.file", file.toString());
    plan(
        site,
        "Patient = \"_id={patient}\", Condition = \"patient={patient}\","
            + " Observation = \"patient={patient}&category=laboratory\"");
    return site;
  }

  /** Replaces the site's searches. */
  static void plan(CrawlSite site, String searches) {
    site.settings.put("crawl.searches", "null\nepic-fhir.crawl.searches { " + searches + " }");
  }

  static String bundle(String more, String... entries) {
    return "{\"resourceType\":\"Bundle\",\"type\":\"searchset\""
        + more
        + (entries.length == 0 ? "" : ",\"entry\":[" + String.join(",", entries) + "]")
        + "}";
  }

  static String entry(String resource) {
    return "{\"resource\":" + resource + ",\"search\":{\"mode\":\"match\"}}";
  }

  static String outcome(String severity, String code, String detail) {
    String details =
        detail.isEmpty() ? "" : ",\"details\":{\"coding\":[{\"code\":\"" + detail + "\"}]}";
    return "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\""
        + severity
        + "\",\"code\":\""
        + code
        + "\""
        + details
        + "}]}";
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Thread thread = new Thread(() -> serve(client), "clinic-client");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(client.getInputStream(), ISO_8859_1));
      String path = in.readLine().split(" ", -1)[1].replaceFirst("^/R4/", "");
      String accept = "";
      int length = 0;
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        accept = line.startsWith("Accept: ") ? line.substring(8) : accept;
        length =
            line.startsWith("Content-Length: ") ? Integer.parseInt(line.substring(16)) : length;
      }
      asked.add(path + "|" + accept);
      char[] body = new char[length];
      for (int read = 0; read < length; ) {
        read += in.read(body, read, length - read);
      }
      String search =
          path.replaceFirst("/_search$", "?" + Matcher.quoteReplacement(new String(body)));
      write(client.getOutputStream(), reply(search));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(OutputStream out, Reply reply) throws IOException {
    Instant now = date == null ? Instant.now() : date;
    List<String> head = new ArrayList<>();
    head.add("HTTP/1.1 " + reply.status() + " Said");
    head.add("Date: " + DateTimeFormatter.RFC_1123_DATE_TIME.format(now.atZone(ZoneOffset.UTC)));
    head.add("Content-Type: " + reply.contentType());
    byte[] body = reply.body().getBytes(UTF_8);
    head.add("Content-Length: " + body.length);
    head.add("Connection: close");
    head.addAll(reply.headers());
    out.write((String.join("\r\n", head) + "\r\n\r\n").getBytes(ISO_8859_1));
    out.write(body);
    out.flush();
  }

  private Reply reply(String path) {
    for (Function<String, Optional<Reply>> rule : rules) {
      Optional<Reply> reply = rule.apply(path);
      if (reply.isPresent()) {
        return reply.get();
      }
    }
    if (path.equals("metadata")) {
      return Reply.fhir(
          200, "{\"resourceType\":\"CapabilityStatement\",\"fhirVersion\":\"4.0.1\"}");
    }
    int query = path.indexOf('?');
    if (query < 0) {
      String resource = resources.get(path);
      return resource == null
          ? Reply.fhir(404, outcome("error", "not-found", ""))
          : Reply.fhir(200, resource);
    }
    return Reply.fhir(200, found(path.substring(0, query), path.substring(query + 1)));
  }

  private String found(String type, String query) {
    List<String> entries = new ArrayList<>();
    resources.forEach(
        (key, resource) -> {
          boolean matches = key.startsWith(type + "/");
          for (String pair : query.split("&", -1)) {
            String value = URLDecoder.decode(pair.replaceFirst("[^=]*=", ""), UTF_8);
            matches &=
                switch (pair.replaceFirst("=.*", "")) {
                  case "patient" -> resource.contains("\"Patient/" + value + "\"");
                  case "_id" -> key.equals(type + "/" + value);
                  case "category" -> resource.contains("\"" + value + "\"");
                  case "identifier" ->
                      resource.contains("\"" + value.replaceFirst(".*\\|", "") + "\"");
                  default -> true;
                };
          }
          if (matches) {
            entries.add(entry(resource));
          }
        });
    return bundle("", entries.toArray(new String[0]));
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
