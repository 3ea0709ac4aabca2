// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.quantize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.engine.runtime.QuantizeSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What was written and how good it is.
 *
 * @param model the original's name
 * @param out the written folder
 * @param settings how it was quantised
 * @param measured the native library's report
 * @param best the method that was written
 * @param storedBytes of the original's tensors
 * @param seconds the whole took
 */
public record QuantizeReport(
    String model,
    Path out,
    QuantizeSettings settings,
    JsonNode measured,
    String best,
    long storedBytes,
    double seconds) {
  private static final Pattern MATRIX =
      Pattern.compile(".*model\\.layers\\..*\\.(q|k|v|o|gate|up|down)_proj\\.weight");
  private static final Pattern TABLE = Pattern.compile("(.*\\.)?(embed_tokens|lm_head)\\.weight");
  private static final int SCALE_BYTES = 4;

  /**
   * Bytes of tensors.
   *
   * @param storedBytes as they are
   * @param expectedBytes at most, as they will be written
   */
  public record Sizes(long storedBytes, long expectedBytes) {}

  /** What a checkpoint takes and will take. */
  public static Sizes sizes(String tensorsJson, QuantizeSettings settings)
      throws JsonProcessingException {
    long stored = 0;
    long expected = 1 << 20;
    for (JsonNode tensor : new ObjectMapper().readTree(tensorsJson)) {
      long bytes = tensor.path("size_bytes").longValue();
      JsonNode shape = tensor.path("shape");
      String name = tensor.path("name").asText();
      stored += bytes;
      if (shape.size() == 2 && MATRIX.matcher(name).matches()) {
        long elements = shape.get(0).longValue() * shape.get(1).longValue();
        // Scales and zero points, and names in the header.
        expected += elements * settings.bits() / 8 + 2 * SCALE_BYTES * elements / settings.groupSize() + 1024;
      } else if (shape.size() == 2 && settings.quantizeEmbeddings() && TABLE.matcher(name).matches()) {
        expected += shape.get(0).longValue() * (shape.get(1).longValue() + 2 * SCALE_BYTES) + 1024;
      } else {
        expected += bytes + 256;
      }
    }
    return new Sizes(stored, expected);
  }

  /** The method of the least divergence; the only one where nothing was measured. */
  public static String best(JsonNode measured) {
    String best = null;
    double least = Double.POSITIVE_INFINITY;
    for (JsonNode method : measured.path("methods")) {
      double divergence = method.path("kl_divergence").asDouble(Double.POSITIVE_INFINITY);
      if (best == null || divergence < least) {
        best = method.path("name").asText();
        least = divergence;
      }
    }
    return best;
  }

  private JsonNode bestMethod() {
    for (JsonNode method : measured.path("methods")) {
      if (method.path("name").asText().equals(best)) {
        return method;
      }
    }
    throw new IllegalStateException("no method " + best + " in " + measured);
  }

  /** One JSON object. */
  public ObjectNode toJson() {
    ObjectNode object = new ObjectMapper().createObjectNode();
    object.put("model", model);
    object.put("out", out.toString());
    object.put("bits", settings.bits());
    object.put("group_size", settings.groupSize());
    object.put("asymmetric", settings.asymmetric());
    object.put("embeddings", settings.quantizeEmbeddings() ? "int8" : "keep");
    object.put("method", best);
    object.put("size_before_bytes", storedBytes);
    object.put("size_after_bytes", bestMethod().path("size_bytes").longValue());
    for (String key :
        new String[] {
          "bits_per_weight",
          "parameters",
          "quantized_parameters",
          "calibration_tokens",
          "evaluation_tokens",
          "original",
          "methods"
        }) {
      if (measured.has(key)) {
        object.set(key, measured.path(key));
      }
    }
    object.put("seconds", Math.round(seconds * 10) / 10.0);
    return object;
  }

  /** Lines for people. */
  public List<String> toText() {
    List<String> lines = new ArrayList<>();
    long after = bestMethod().path("size_bytes").longValue();
    lines.add(
        String.format(
            Locale.ROOT,
            "wrote %s by %s in %.1f s: %.1f MB instead of %.1f MB, %.2f bits a quantised weight",
            out,
            best,
            seconds,
            after * 1e-6,
            storedBytes * 1e-6,
            measured.path("bits_per_weight").asDouble()));
    if (measured.has("original")) {
      lines.add(
          String.format(
              Locale.ROOT,
              "fitted to %d tokens, measured on %d others",
              measured.path("calibration_tokens").asLong(),
              measured.path("evaluation_tokens").asLong()));
      lines.add("           perplexity  KL divergence  same first choice");
      lines.add(line("original", measured.path("original")));
      measured
          .path("methods")
          .forEach(method -> lines.add(line(method.path("name").asText(), method)));
    }
    return lines;
  }

  private static String line(String name, JsonNode quality) {
    return String.format(
        Locale.ROOT,
        "%-9s  %10.4f  %13.5f  %16.2f %%",
        name,
        quality.path("perplexity").asDouble(),
        quality.path("kl_divergence").asDouble(),
        100 * quality.path("top1_agreement").asDouble());
  }
}
