package io.epicfhir.common.localfs;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.Syncable;
import org.apache.hadoop.fs.statistics.IOStatistics;
import org.apache.hadoop.fs.statistics.IOStatisticsSource;
import org.apache.hadoop.fs.statistics.IOStatisticsSupport;

/**
 * A local file being written, whose disk may be full: Hadoop makes an {@link FSError} of that,
 * which passes by everybody who reckons with an IOException; here it is the IOException that it
 * was.
 */
final class LocalOutput extends OutputStream
    implements Syncable, StreamCapabilities, IOStatisticsSource {
  private final OutputStream out;
  private IOException failure;

  /**
   * @param out Hadoop's own
   */
  LocalOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    requireWhole();
    try {
      out.write(b);
    } catch (FSError e) {
      throw told(e);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    requireWhole();
    try {
      out.write(bytes, offset, length);
    } catch (FSError e) {
      throw told(e);
    }
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void hflush() throws IOException {
    ((Syncable) out).hflush();
  }

  @Override
  public void hsync() throws IOException {
    ((Syncable) out).hsync();
  }

  @Override
  public boolean hasCapability(String capability) {
    return out instanceof StreamCapabilities capable && capable.hasCapability(capability);
  }

  @Override
  public IOStatistics getIOStatistics() {
    return IOStatisticsSupport.retrieveIOStatistics(out);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  /** Buffers above are flushed once more when they are closed: the reason stays the first one. */
  private void requireWhole() throws IOException {
    if (failure != null) {
      throw new IOException(failure.getMessage(), failure);
    }
  }

  private IOException told(FSError e) {
    failure = e.getCause() instanceof IOException cause ? cause : new IOException(e);
    try {
      out.close();
    } catch (IOException again) {
      failure.addSuppressed(again);
    }
    return failure;
  }
}
