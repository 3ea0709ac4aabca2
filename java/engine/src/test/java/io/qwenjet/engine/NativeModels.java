// SPDX-License-Identifier: Apache-2.0
// Tiny checkpoints with golden values of the reference implementation, as they lie in the tree.
package io.qwenjet.engine;

import io.qwenjet.engine.runtime.NativeTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

final class NativeModels {
  static final List<String> CASES =
      List.of(
          "qwen3-dense",
          "qwen3-dense-untied",
          "qwen3-dense-window",
          "qwen3-dense-yarn",
          "qwen2-dense",
          "llama-dense");

  static final List<String> RUNS = List.of("len1", "len7", "len64", "len130");

  private NativeModels() {}

  static Path path(String name) {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path tiny = at.resolve("cpp/testing/tiny").resolve(name);
      if (Files.isDirectory(tiny)) {
        return tiny;
      }
    }
    throw new IllegalStateException("cpp/testing/tiny/" + name + " is not above this folder");
  }

  static EngineOptions float32() {
    return EngineOptions.defaults().compute(Compute.FLOAT32).threads(1);
  }

  /** One run of a case: the prompt, its greedy continuation, and how clear each choice was. */
  record Golden(int[] prompt, int[] generated, float[] margin) {
    static Golden of(String name, String run) {
      try (NativeTensors t = NativeTensors.open(path(name).resolve("golden.safetensors"))) {
        return new Golden(
            t.ints(run + "/input_ids"), t.ints(run + "/generated"), t.floats(run + "/margin"));
      }
    }

    /** How many tokens are decided clearly enough for float32 arithmetic. */
    int numClear() {
      int n = 0;
      while (n < margin.length && margin[n] >= 1e-3f) {
        n++;
      }
      return n;
    }

    GenerationRequest request() {
      return GenerationRequest.builder()
          .promptIds(prompt)
          .sampling(s -> s.temperature(0).maxTokens(generated.length).ignoreEos(true))
          .build();
    }
  }
}
