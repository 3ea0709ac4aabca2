// SPDX-License-Identifier: Apache-2.0
// A .safetensors file as a bare container: names, shapes, values. For golden values of conformance
// cases and for looking into checkpoints.
package io.qwenjet.engine.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.bindings.NativeCheckpoint;
import io.qwenjet.engine.ErrorCode;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.InvalidRequestException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Tensors of one .safetensors file. For one thread at a time. */
public final class NativeTensors implements AutoCloseable {
  private final NativeCheckpoint checkpoint;
  private final Map<String, Info> tensors = new LinkedHashMap<>();

  /**
   * What a file says of a tensor.
   *
   * @param dtype in lower case, for example "f32" or "i64"
   * @param shape outermost first
   * @param sizeBytes of its stored bytes
   */
  public record Info(String dtype, long[] shape, long sizeBytes) {}

  private NativeTensors(NativeCheckpoint checkpoint) {
    this.checkpoint = checkpoint;
    try {
      for (JsonNode t : new ObjectMapper().readTree(NativeStatus.call(checkpoint::tensors))) {
        long[] shape = new long[t.path("shape").size()];
        for (int i = 0; i < shape.length; i++) {
          shape[i] = t.path("shape").path(i).asLong();
        }
        String dtype = t.path("dtype").asText().toLowerCase(Locale.ROOT);
        tensors.put(
            t.path("name").asText(), new Info(dtype, shape, t.path("size_bytes").asLong()));
      }
    } catch (JsonProcessingException e) {
      throw new InferenceException(
          ErrorCode.INTERNAL, "the native library gave a tensor list that is no JSON: " + e);
    }
  }

  /**
   * Opens a file.
   *
   * @param file a .safetensors file
   * @return tensors that the caller closes
   */
  public static NativeTensors open(Path file) {
    return new NativeTensors(NativeStatus.call(() -> NativeCheckpoint.openTensors(file)));
  }

  /**
   * Returns the names of the tensors.
   *
   * @return in the order of the file's list
   */
  public Set<String> names() {
    return tensors.keySet();
  }

  /**
   * Returns what the file says of a tensor.
   *
   * @param name its name
   * @return dtype, shape and size
   * @throws InvalidRequestException if there is none of that name
   */
  public Info info(String name) {
    Info info = tensors.get(name);
    if (info == null) {
      throw new InvalidRequestException("tensor: expected one of " + names() + ", got " + name);
    }
    return info;
  }

  /**
   * Returns a tensor of floating-point numbers.
   *
   * @param name a tensor of f32 or bf16
   * @return its values, row-major
   */
  public float[] floats(String name) {
    Info info = info(name);
    ByteBuffer bytes = bytes(name, info);
    switch (info.dtype()) {
      case "f32", "float32" -> {
        float[] values = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(values);
        return values;
      }
      case "bf16", "bfloat16" -> {
        float[] values = new float[bytes.remaining() / 2];
        for (int i = 0; i < values.length; i++) {
          values[i] = Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
        }
        return values;
      }
      default -> throw wrongType(name, "f32 or bf16", info);
    }
  }

  /**
   * Returns a tensor of whole numbers.
   *
   * @param name a tensor of i64 or i32
   * @return its values, row-major
   */
  public long[] longs(String name) {
    Info info = info(name);
    ByteBuffer bytes = bytes(name, info);
    switch (info.dtype()) {
      case "i64", "int64" -> {
        long[] values = new long[bytes.remaining() / 8];
        bytes.asLongBuffer().get(values);
        return values;
      }
      case "i32", "int32" -> {
        long[] values = new long[bytes.remaining() / 4];
        for (int i = 0; i < values.length; i++) {
          values[i] = bytes.getInt(4 * i);
        }
        return values;
      }
      default -> throw wrongType(name, "i64 or i32", info);
    }
  }

  /**
   * Returns a tensor of whole numbers as ints, for token ids.
   *
   * @param name a tensor of i64 or i32
   * @return its values
   */
  public int[] ints(String name) {
    long[] wide = longs(name);
    int[] values = new int[wide.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.toIntExact(wide[i]);
    }
    return values;
  }

  @Override
  public void close() {
    checkpoint.close();
  }

  private ByteBuffer bytes(String name, Info info) {
    return NativeStatus.call(() -> checkpoint.read(name, info.sizeBytes()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private static InvalidRequestException wrongType(String name, String expected, Info info) {
    return new InvalidRequestException(
        "tensor " + name + ": expected dtype " + expected + ", got " + info.dtype());
  }
}
