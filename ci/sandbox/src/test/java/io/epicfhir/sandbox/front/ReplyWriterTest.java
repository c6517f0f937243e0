package io.epicfhir.sandbox.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.sandbox.http.Piece;
import io.epicfhir.sandbox.http.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a client can know of a reply, and when. */
class ReplyWriterTest {
  private static final byte[] BYTES = "0123456789".getBytes(StandardCharsets.US_ASCII);

  @TempDir Path folder;

  static Stream<List<String>> bodies() {
    return Stream.of(
        List.of("file"),
        List.of("one byte of a file"),
        List.of("file", "memory"),
        List.of("memory", "file"),
        List.of("repeated"),
        List.of("file", "repeated", "file"));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void theLastByteAndTheEndOfAReplyAreOneMessage(List<String> kinds) throws Exception {
    Path file = Files.write(folder.resolve("file"), BYTES);
    List<Piece> body = kinds.stream().map(kind -> piece(kind, file)).toList();
    EmbeddedChannel channel = new EmbeddedChannel();
    List<Long> told = new ArrayList<>();
    long sent = ReplyWriter.write(channel, new Reply(200).body(body), told::add);
    assertThat(sent).isEqualTo(Piece.length(body));
    assertThat(told).containsExactly(sent);
    List<Object> messages = new ArrayList<>(channel.outboundMessages());
    Object last = messages.get(messages.size() - 1);
    assertThat(last).isInstanceOf(LastHttpContent.class);
    assertThat(((LastHttpContent) last).content().readableBytes()).isPositive();
    assertThat(messages.stream().mapToLong(ReplyWriterTest::length).sum()).isEqualTo(sent);
    messages.forEach(io.netty.util.ReferenceCountUtil::release);
  }

  private static Piece piece(String kind, Path file) {
    return switch (kind) {
      case "file" -> new Piece.FileRange(file, 0, BYTES.length);
      case "one byte of a file" -> new Piece.FileRange(file, 0, 1);
      case "repeated" -> new Piece.Repeated((byte) 'x', 1 << 19);
      default -> new Piece.Memory(BYTES);
    };
  }

  private static long length(Object message) {
    return message instanceof DefaultFileRegion region
        ? region.count()
        : message instanceof HttpContent content
            ? content.content().readableBytes()
            : message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
  }
}
