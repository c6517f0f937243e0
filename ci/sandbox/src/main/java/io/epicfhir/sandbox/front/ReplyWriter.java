package io.epicfhir.sandbox.front;

import io.epicfhir.sandbox.http.Ending;
import io.epicfhir.sandbox.http.FastGzip;
import io.epicfhir.sandbox.http.Piece;
import io.epicfhir.sandbox.http.Reply;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.function.LongConsumer;

/** Puts one reply on the wire, whole or broken off, from a thread that may block. */
final class ReplyWriter {
  private static final int CHUNK = 1 << 18;

  /** These last bytes of a body with a Content-Length go on their own, after {@code atLast}. */
  private static final int TAIL = 1;

  private final Channel channel;
  private final Reply reply;
  private final LongConsumer atLast;
  private long sent;

  private ReplyWriter(Channel channel, Reply reply, LongConsumer atLast) {
    this.channel = channel;
    this.reply = reply;
    this.atLast = atLast;
  }

  /**
   * Returns the bytes of the body that were sent; fewer where the client went away.
   *
   * @param atLast hears the number just before the client can know that it has the whole answer
   */
  static long write(Channel channel, Reply reply, LongConsumer atLast) throws InterruptedException {
    ReplyWriter writer = new ReplyWriter(channel, reply, atLast);
    try {
      writer.write();
    } catch (IOException e) {
      ChannelFuture unused = channel.close(); // The client is gone: there is no one to answer.
    }
    return writer.sent;
  }

  private void write() throws IOException, InterruptedException {
    long length = Piece.length(reply.body());
    if (reply.lost()) {
      end();
      return;
    }
    boolean inMemory = reply.body().stream().allMatch(Piece.Memory.class::isInstance);
    if (inMemory && !reply.compress() && reply.ending().equals(Ending.WHOLE)) {
      writeSmall(Math.toIntExact(length));
      return;
    }
    boolean chunked = reply.compress() || reply.ending().kind() == Ending.Kind.SHORT;
    HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status());
    addHeaders(head.headers());
    if (chunked) {
      HttpUtil.setTransferEncodingChunked(head, true);
    } else {
      HttpUtil.setContentLength(head, length);
    }
    send(head);
    if (reply.compress()) {
      writeGzip();
      end();
    } else {
      writePlain();
    }
  }

  private void writeSmall(int length) throws IOException, InterruptedException {
    byte[][] parts =
        reply.body().stream().map(piece -> ((Piece.Memory) piece).bytes()).toArray(byte[][]::new);
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, status(), Unpooled.wrappedBuffer(parts.length + 1, parts));
    addHeaders(response.headers());
    HttpUtil.setContentLength(response, length);
    atLast.accept(length);
    send(response);
    sent = length;
  }

  private void writePlain() throws IOException, InterruptedException {
    List<Piece> pieces = Piece.first(reply.body(), reply.ending().afterBytes());
    Piece last = pieces.isEmpty() ? null : pieces.remove(pieces.size() - 1);
    for (Piece piece : pieces) {
      writePiece(piece);
    }
    if (last != null && !(last instanceof Piece.Memory) && last.length() > TAIL) {
      writePiece(last.first(last.length() - TAIL));
      last = last.from(last.length() - TAIL);
    }
    if (last != null && reply.ending().kind() == Ending.Kind.WHOLE) {
      writeLast(last);
      return;
    }
    if (last != null) {
      writePiece(last);
    }
    end();
  }

  /**
   * The last bytes and the end of the reply at once: a client that has all bytes of a
   * Content-Length may send its next request, and that must not meet a reply that has not ended.
   */
  private void writeLast(Piece last) throws IOException, InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    last.writeTo(bytes);
    atLast.accept(sent + bytes.size());
    send(new DefaultLastHttpContent(Unpooled.wrappedBuffer(bytes.toByteArray())));
    sent += bytes.size();
  }

  private void writePiece(Piece piece) throws IOException, InterruptedException {
    if (piece instanceof Piece.FileRange range && !encrypted()) {
      send(new DefaultFileRegion(range.file().toFile(), range.offset(), range.length()));
      sent += range.length();
    } else {
      OutputStream wire = new BufferedOutputStream(new Wire(), CHUNK);
      piece.writeTo(wire);
      wire.flush();
    }
  }

  /** Encryption needs the bytes at hand. */
  private boolean encrypted() {
    return channel.pipeline().get(SslHandler.class) != null;
  }

  private void writeGzip() throws IOException {
    OutputStream wire = new BufferedOutputStream(new Wire(), CHUNK);
    try (FastGzip gzip = new FastGzip(wire)) {
      for (Piece piece : reply.body()) {
        piece.writeTo(gzip);
      }
      gzip.finish();
      if (reply.ending().kind() == Ending.Kind.WHOLE) {
        atLast.accept(sent); // The trailer still waits in the buffer.
      }
    }
  }

  /** What is written beyond the ending's limit is dropped: the client never sees it. */
  private final class Wire extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int part = (int) Math.min(length, reply.ending().afterBytes() - sent);
      if (part > 0) {
        try {
          send(new DefaultHttpContent(Unpooled.copiedBuffer(bytes, offset, part)));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException(e);
        }
        sent += part;
      }
    }
  }

  private void end() throws IOException, InterruptedException {
    if (reply.ending().kind() != Ending.Kind.STALLED) {
      atLast.accept(sent);
    }
    switch (reply.ending().kind()) {
      case WHOLE, SHORT -> send(LastHttpContent.EMPTY_LAST_CONTENT);
      case RESET -> {
        ((SocketChannelConfig) channel.config()).setSoLinger(0);
        channel.close().await();
      }
      case CLOSED -> channel.close().await();
      case STALLED -> channel.closeFuture().await();
    }
  }

  private HttpResponseStatus status() {
    return HttpResponseStatus.valueOf(reply.status());
  }

  private void addHeaders(HttpHeaders headers) {
    reply.headers().forEach(headers::set);
    if (!reply.ending().equals(Ending.WHOLE)) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  private void send(Object message) throws IOException, InterruptedException {
    ChannelFuture done = channel.writeAndFlush(message).await();
    if (!done.isSuccess()) {
      throw new IOException(done.cause());
    }
  }
}
