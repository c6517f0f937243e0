package io.epicfhir.extract.source;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * An HTTP server that takes a request line as it comes: libraries would refuse, decode or tidy up
 * what is to be seen here. One request a connection.
 */
public final class RawServer implements AutoCloseable {
  private final ServerSocket socket;
  private final Wrapper wrapper;
  private final String scheme;
  private final Function<Request, Answer> answers;
  private final List<Request> asked = new CopyOnWriteArrayList<>();

  /** A request; header names in lower case. */
  public record Request(String method, String target, Map<String, String> headers, String body) {
    /** The target without its query. */
    public String path() {
      return target.replaceFirst("\\?.*", "");
    }
  }

  /** An answer; headers as they go out. */
  public static final class Answer {
    private final int status;
    private final Map<String, String> headers;
    private final byte[] body;
    private Endless endless;

    /** What is sent in place of an answer until the client hangs up, part after part. */
    public interface Endless {
      /** The next bytes; may take its time. */
      String next() throws IOException;
    }

    /** An answer that never ends. */
    public static Answer endless(String begin, Endless parts) {
      Answer answer = new Answer(200, Map.of(), begin.getBytes(StandardCharsets.ISO_8859_1));
      answer.endless = parts;
      return answer;
    }

    public Answer(int status, Map<String, String> headers, byte[] body) {
      this.status = status;
      this.headers = headers;
      this.body = body.clone();
    }

    public static Answer of(int status, String contentType, String body) {
      return new Answer(
          status, Map.of("Content-Type", contentType), body.getBytes(StandardCharsets.UTF_8));
    }

    public static Answer json(String body) {
      return of(200, "application/json", body);
    }

    public static Answer redirect(int status, String location) {
      return new Answer(status, Map.of("Location", location), new byte[0]);
    }

    public Answer with(String name, String value) {
      Map<String, String> more = new TreeMap<>(headers);
      more.put(name, value);
      return new Answer(status, more, body);
    }
  }

  /** What a connection is spoken through, such as TLS. */
  interface Wrapper {
    Socket wrap(Socket accepted) throws IOException;
  }

  public RawServer(Function<Request, Answer> answers) throws IOException {
    this(answers, "http", accepted -> accepted);
  }

  RawServer(Function<Request, Answer> answers, String scheme, Wrapper wrapper) throws IOException {
    this.answers = answers;
    this.scheme = scheme;
    this.wrapper = wrapper;
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "raw-server");
    thread.setDaemon(true);
    thread.start();
  }

  public String url(String path) {
    return scheme + "://127.0.0.1:" + socket.getLocalPort() + path;
  }

  /** What was asked, in order. */
  public List<Request> asked() {
    return asked;
  }

  /** The targets of what was asked, in order. */
  public List<String> targets() {
    return asked.stream().map(Request::target).toList();
  }

  private void serve() {
    while (!socket.isClosed()) {
      try (Socket accepted = socket.accept();
          Socket one = wrapper.wrap(accepted)) {
        Request request = read(new BufferedInputStream(one.getInputStream()));
        asked.add(request);
        Answer answer = answers.apply(request);
        if (answer.endless != null) {
          send(one, answer);
        }
        one.getOutputStream().write(written(answer));
        one.getOutputStream().flush();
      } catch (IOException | RuntimeException e) {
        // The client sees a connection that ends.
      }
    }
  }

  private static void send(Socket to, Answer answer) throws IOException {
    to.getOutputStream().write(answer.body);
    while (true) {
      to.getOutputStream().write(answer.endless.next().getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  private static Request read(InputStream in) throws IOException {
    String[] line = line(in).split(" ", -1);
    Map<String, String> headers = new TreeMap<>();
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      int colon = header.indexOf(':');
      headers.put(
          header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 1).trim());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    return new Request(line[0], line[1], headers, body);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  private static byte[] written(Answer answer) throws IOException {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + answer.status + " X\r\n");
    answer.headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    head.append("Content-Length: " + answer.body.length + "\r\nConnection: close\r\n\r\n");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    out.write(answer.body);
    return out.toByteArray();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
