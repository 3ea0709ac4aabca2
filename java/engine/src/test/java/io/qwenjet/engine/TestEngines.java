// SPDX-License-Identifier: Apache-2.0
// Engines over the model that stands in for the native one, with a tokenizer of single bytes.
package io.qwenjet.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.engine.runtime.FakeModel;
import io.qwenjet.engine.runtime.ModelConfig;
import io.qwenjet.engine.runtime.ModelText;
import io.qwenjet.engine.runtime.StepBatch;
import io.qwenjet.engine.scheduler.Scheduler;
import io.qwenjet.engine.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

final class TestEngines {
  static final int PAGE_SIZE = 16;

  static final String TEMPLATE =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

  static final int IM_START = 256;
  static final int IM_END = 257;
  static final int THINK = 258;
  static final int END_THINK = 259;
  static final int VOCAB = 264;

  int vocabSize = VOCAB;
  int contextLength = 512;
  int numPages = 64;
  int maxSequences = 8;
  int maxStepTokens = 64;
  int[] layerWindows = {0, 0};
  boolean withTokenizer = true;
  String template = TEMPLATE;
  GenerationDefaults defaults = GenerationDefaults.NONE;
  Function<long[], float[]> logits;
  FakeModel model;

  /** An engine whose model always prefers the tokens of a text, one after the other. */
  static TestEngines saying(String text) {
    TestEngines t = new TestEngines();
    int[] ids = tokenizer().encode(text, true);
    int[] at = {0};
    t.logits =
        seen -> {
          float[] row = new float[VOCAB];
          row[at[0] < ids.length ? ids[at[0]] : IM_END] = 20;
          at[0]++;
          return row;
        };
    return t;
  }

  Engine open() {
    ModelConfig config = FakeModel.config(vocabSize, contextLength, layerWindows);
    model = new FakeModel(config, PAGE_SIZE, numPages, logits);
    StepBatch batch = new StepBatch(config, maxStepTokens, maxSequences, maxSequences);
    Scheduler scheduler =
        new Scheduler(
            model,
            batch,
            new Scheduler.Limits(numPages, PAGE_SIZE, maxSequences, maxStepTokens, vocabSize),
            "test-engine");
    ModelInfo info =
        new ModelInfo(
            Path.of("fake"),
            "fake",
            vocabSize,
            layerWindows.length,
            8,
            contextLength,
            contextLength,
            Compute.FLOAT32,
            KvCache.COMPUTE,
            Isa.PORTABLE,
            1,
            new MemoryPlan(1, 1, 1, 1, 10, 1, contextLength, contextLength, 1, 1, 1, 1, 0),
            0);
    EngineOptions options = EngineOptions.defaults().maxSequences(maxSequences);
    ModelText files = withTokenizer ? ModelText.of(tokenizer(), template) : ModelText.none();
    return new Engine(new EngineCore(config, files, defaults, options, info, scheduler));
  }

  static Tokenizer tokenizer() {
    return Holder.TOKENIZER;
  }

  private static final class Holder {
    static final Tokenizer TOKENIZER = make();
  }

  /** Every byte is a token, its id the byte's place in the alphabet of byte-level BPE. */
  private static Tokenizer make() {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode();
    ArrayNode added = root.putArray("added_tokens");
    String[] texts = {"<|im_start|>", "<|im_end|>", "<think>", "</think>"};
    for (int i = 0; i < texts.length; i++) {
      added
          .addObject()
          .put("id", 256 + i)
          .put("content", texts[i])
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", i < 2);
    }
    root.putNull("normalizer");
    for (String part : new String[] {"pre_tokenizer", "post_processor", "decoder"}) {
      root.putObject(part)
          .put("type", "ByteLevel")
          .put("add_prefix_space", false)
          .put("trim_offsets", true)
          .put("use_regex", true);
    }
    ObjectNode model = root.putObject("model").put("type", "BPE");
    ObjectNode vocab = model.putObject("vocab");
    int beyond = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b > 32 && b < 127 || b > 160 && b != 173;
      vocab.put(String.valueOf((char) (printable ? b : beyond++)), b);
    }
    model.putArray("merges");
    try {
      Path folder = Files.createTempDirectory("tokenizer");
      Path file = folder.resolve("tokenizer.json");
      json.writeValue(file.toFile(), root);
      Tokenizer tokenizer = Tokenizer.load(folder);
      Files.delete(file);
      Files.delete(folder);
      return tokenizer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
