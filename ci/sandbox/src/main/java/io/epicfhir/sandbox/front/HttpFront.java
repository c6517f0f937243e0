package io.epicfhir.sandbox.front;

import io.epicfhir.sandbox.http.Request;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 on loopback. The event loop only reads requests; each is answered on a thread of its
 * own, which may wait (injected latency) and send files as slowly as the client takes them.
 */
public final class HttpFront implements AutoCloseable {
  private static final int THREADS = 2048;
  private static final int LONGEST_HEAD = 1 << 16;
  private static final int LONGEST_BODY = 1 << 24;

  /** What is behind the front. */
  interface Handler {
    /** At once, when a request has arrived. */
    Exchange arrived(Request request, Channel channel, String origin);

    /** Answers, and writes the answer to the channel. */
    void answer(Exchange exchange) throws InterruptedException;

    /** The client has closed the connection. */
    void gone(Exchange exchange);
  }

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final ThreadPoolExecutor workers =
      new ThreadPoolExecutor(
          0, THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), Worker::new);
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final String host;
  private final Optional<SslContext> tls;
  private final Handler handler;
  private final Channel server;

  public HttpFront(String host, int port, Optional<SslContext> tls, Handler handler)
      throws InterruptedException {
    this.host = host;
    this.tls = tls;
    this.handler = handler;
    this.server =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new Connection())
            .bind(InetAddress.getLoopbackAddress(), port)
            .sync()
            .channel();
  }

  /** Scheme, host and port. */
  public String origin() {
    return origin(server);
  }

  private String origin(Channel channel) {
    return (tls.isPresent() ? "https://" : "http://")
        + host
        + ":"
        + ((InetSocketAddress) channel.localAddress()).getPort();
  }

  @Override
  public void close() {
    server.close().awaitUninterruptibly();
    connections.close().awaitUninterruptibly();
    workers.shutdownNow();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static final class Worker extends Thread {
    Worker(Runnable work) {
      super(work, "sandbox-worker");
      setDaemon(true);
    }
  }

  private final class Connection extends ChannelInitializer<SocketChannel> {
    @Override
    protected void initChannel(SocketChannel channel) {
      connections.add(channel);
      tls.ifPresent(context -> channel.pipeline().addLast(context.newHandler(channel.alloc())));
      channel
          .pipeline()
          .addLast(new HttpServerCodec(LONGEST_HEAD, LONGEST_HEAD, 8192))
          .addLast(new HttpServerKeepAliveHandler())
          .addLast(new HttpObjectAggregator(LONGEST_BODY))
          .addLast(new Requests());
    }
  }

  private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
    private Exchange current;

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest http) {
      String body = http.content().toString(StandardCharsets.UTF_8);
      QueryStringDecoder uri = new QueryStringDecoder(http.uri());
      Channel channel = context.channel();
      Request sent =
          new Request(
              http.method().name(),
              http.uri(),
              uri.path(),
              uri.parameters(),
              http.headers(),
              body,
              ((InetSocketAddress) channel.remoteAddress()).getAddress());
      Exchange exchange = handler.arrived(sent.asSearch(), channel, origin(channel));
      current = exchange;
      workers.execute(() -> work(exchange, channel));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (current != null) {
        handler.gone(current);
      }
    }

    private void work(Exchange exchange, Channel channel) {
      try {
        handler.answer(exchange);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // The server is closing, and so does the connection.
        ChannelFuture unused = channel.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      ChannelFuture unused =
          context.close(); // A client that resets its connection is no event here.
    }
  }
}
