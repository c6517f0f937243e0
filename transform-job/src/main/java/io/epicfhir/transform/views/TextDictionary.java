package io.epicfhir.transform.views;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.parquet.bytes.ByteBufferAllocator;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.values.ValuesWriter;
import org.apache.parquet.column.values.dictionary.DictionaryValuesWriter;
import org.apache.parquet.column.values.dictionary.IntList.IntIterator;
import org.apache.parquet.column.values.plain.PlainValuesWriter;
import org.apache.parquet.io.api.Binary;

/**
 * Parquet's dictionary of texts over bytes: its own implementation makes an object of each value,
 * hashes it byte by byte and looks it up in a map of objects, which took a quarter of the time of
 * five views.
 */
final class TextDictionary extends DictionaryValuesWriter {
  private static final int LENGTH_BYTES = 4;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private byte[] texts = new byte[1 << 10];
  private int[] ends = new int[1 << 6];
  private int[] hashes = new int[1 << 6];
  private int[] table = new int[1 << 7];
  private int size;
  private int last = -1;

  @SuppressWarnings("deprecation") // what files of Parquet's first version have
  TextDictionary(int mostBytes, ByteBufferAllocator allocator) {
    super(mostBytes, Encoding.PLAIN_DICTIONARY, Encoding.PLAIN_DICTIONARY, allocator);
  }

  @Override
  public void writeBytes(Binary value) {
    ByteBuffer bytes = value.toByteBuffer();
    byte[] in = bytes.array();
    int from = bytes.arrayOffset() + bytes.position();
    int to = from + bytes.remaining();
    if (last < 0 || !is(last, in, from, to)) {
      last = find(in, from, to);
    }
    encodedValues.add(last);
  }

  private boolean is(int id, byte[] in, int from, int to) {
    return Arrays.equals(texts, start(id), ends[id], in, from, to);
  }

  private int start(int id) {
    return id == 0 ? 0 : ends[id - 1];
  }

  private int find(byte[] in, int from, int to) {
    int hash = hash(in, from, to);
    int at = hash & (table.length - 1);
    while (table[at] != 0) {
      int id = table[at] - 1;
      if (hashes[id] == hash && is(id, in, from, to)) {
        return id;
      }
      at = (at + 1) & (table.length - 1);
    }
    table[at] = size + 1;
    return add(hash, in, from, to);
  }

  private int add(int hash, byte[] in, int from, int to) {
    int start = size == 0 ? 0 : ends[size - 1];
    int end = start + to - from;
    if (end > texts.length) {
      texts = Arrays.copyOf(texts, Math.max(end, 2 * texts.length));
    }
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, 2 * size);
      hashes = Arrays.copyOf(hashes, 2 * size);
    }
    System.arraycopy(in, from, texts, start, to - from);
    ends[size] = end;
    hashes[size] = hash;
    size++;
    dictionaryByteSize += (long) LENGTH_BYTES + to - from;
    if (2 * size > table.length) {
      rehash();
    }
    return size - 1;
  }

  private void rehash() {
    table = new int[2 * table.length];
    for (int id = 0; id < size; id++) {
      int at = hashes[id] & (table.length - 1);
      while (table[at] != 0) {
        at = (at + 1) & (table.length - 1);
      }
      table[at] = id + 1;
    }
  }

  private static int hash(byte[] in, int from, int to) {
    long hash = (long) to - from;
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      hash = Long.rotateLeft((hash ^ ByteSearch.word(in, at)) * MIX, 29);
    }
    for (; at < to; at++) {
      hash = (hash ^ in[at]) * MIX;
    }
    return (int) (hash ^ (hash >>> 32));
  }

  private Binary text(int id) {
    return Binary.fromReusedByteArray(texts, start(id), ends[id] - start(id));
  }

  @Override
  public DictionaryPage toDictPageAndClose() {
    if (lastUsedDictionarySize == 0) {
      return null;
    }
    PlainValuesWriter page =
        new PlainValuesWriter(lastUsedDictionaryByteSize, maxDictionaryByteSize, allocator);
    for (int id = 0; id < lastUsedDictionarySize; id++) {
      page.writeBytes(text(id));
    }
    return dictPage(page);
  }

  @Override
  protected void fallBackDictionaryEncodedData(ValuesWriter writer) {
    for (IntIterator ids = encodedValues.iterator(); ids.hasNext(); ) {
      writer.writeBytes(text(ids.next()));
    }
  }

  @Override
  protected void clearDictionaryContent() {
    size = 0;
    last = -1;
    Arrays.fill(table, 0);
  }

  @Override
  protected int getDictionarySize() {
    return size;
  }
}
