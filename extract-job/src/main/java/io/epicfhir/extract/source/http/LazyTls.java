package io.epicfhir.extract.source.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.apache.http.HttpHost;
import org.apache.http.conn.socket.LayeredConnectionSocketFactory;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.protocol.HttpContext;

/**
 * TLS by the JVM's trust store and settings, with host names verified; made when it is first
 * needed, as reading a trust store takes a while.
 */
final class LazyTls implements LayeredConnectionSocketFactory {
  private SSLConnectionSocketFactory made;

  private synchronized SSLConnectionSocketFactory tls() {
    if (made == null) {
      made = SSLConnectionSocketFactory.getSystemSocketFactory();
    }
    return made;
  }

  @Override
  public Socket createSocket(HttpContext context) throws IOException {
    return tls().createSocket(context);
  }

  @Override
  public Socket connectSocket(
      int timeout,
      Socket socket,
      HttpHost host,
      InetSocketAddress remote,
      InetSocketAddress local,
      HttpContext context)
      throws IOException {
    return tls().connectSocket(timeout, socket, host, remote, local, context);
  }

  @Override
  public Socket createLayeredSocket(Socket socket, String target, int port, HttpContext context)
      throws IOException {
    return tls().createLayeredSocket(socket, target, port, context);
  }
}
