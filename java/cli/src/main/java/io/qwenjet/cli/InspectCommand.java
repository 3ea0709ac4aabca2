// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.MemoryPlan;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.UnsupportedModelException;
import io.qwenjet.engine.runtime.Checkpoint;
import io.qwenjet.engine.runtime.ModelText;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "inspect",
    header = "Show what a model is and what it takes of memory.",
    description = {"Reads headers only; nothing is loaded.", ""})
final class InspectCommand implements Callable<Integer> {
  private final Streams streams;
  private final ObjectMapper mapper = new ObjectMapper();

  @Mixin private ModelArgument source;

  @Mixin private ModelOptions options;

  @Option(
      names = "--json",
      description =
          "Print one JSON object: path, architecture, config, tensors, weights, tokenizer,"
              + " chat_template, memory.")
  private boolean json;

  InspectCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    ModelLocation model = source.location();
    ObjectNode found = mapper.createObjectNode();
    found.put("path", model.toString());
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      JsonNode config = mapper.readTree(checkpoint.configJson());
      found.put("architecture", checkpoint.config().modelType());
      found.set("config", config);
      found.set("tensors", mapper.readTree(checkpoint.tensorsJson()));
      putWeights(found, checkpoint);
      putText(found, checkpoint);
    }
    putMemory(found, model);
    if (json) {
      streams.out().println(mapper.writeValueAsString(found));
    } else {
      print(found);
    }
    return 0;
  }

  private void putText(ObjectNode found, Checkpoint checkpoint) {
    try {
      ModelText text =
          checkpoint.isGguf()
              ? ModelText.ofGguf(checkpoint.metadata())
              : ModelText.ofFiles(checkpoint.location());
      found.put("chat_template", text.hasTemplate());
      found.putObject("tokenizer").put("tokens", text.tokenizer().size());
    } catch (UnsupportedModelException e) {
      found.putNull("tokenizer");
    } catch (RuntimeException e) {
      // A broken tokenizer is a finding here.
      found.putObject("tokenizer").put("error", ErrorText.of(e));
      found.put("chat_template", false);
    }
  }

  private void putWeights(ObjectNode found, Checkpoint checkpoint) throws IOException {
    try {
      found.set("weights", mapper.readTree(checkpoint.weightsJson(options.compute())));
    } catch (InferenceException e) {
      found.putObject("weights").put("error", ErrorText.of(e));
    }
  }

  private void putMemory(ObjectNode found, ModelLocation model) {
    ObjectNode memory = found.putObject("memory");
    try {
      MemoryPlan plan = Engine.plan(model, options.engineOptions());
      memory.put("compute", ModelOptions.label(options.compute()));
      memory.put("kv_cache", options.kvCacheLabel());
      memory.put("parameters", plan.parameters());
      memory.put("embedding_parameters", plan.embeddingParameters());
      memory.put("quantized_parameters", plan.quantizedParameters());
      memory.put("weights_bytes", plan.weightsBytes());
      memory.put("bits_per_weight", plan.bitsPerWeight());
      memory.put("kv_pool_bytes", plan.kvPoolBytes());
      memory.put("kv_bytes_per_token", plan.kvBytesPerToken());
      memory.put("activation_bytes", plan.activationBytes());
      memory.put("load_bytes", plan.loadBytes());
      memory.put("total_bytes", plan.totalBytes());
      memory.put("available_bytes", plan.availableBytes());
      memory.put("context", plan.contextLength());
      memory.put("model_context", plan.modelContextLength());
      memory.put("fits", plan.fits());
      memory.put("plan", plan.toString());
    } catch (InferenceException e) {
      memory.put("error", ErrorText.of(e));
    }
  }

  private void print(ObjectNode found) {
    PrintStream out = streams.out();
    out.println(found.path("path").asText() + ": " + found.path("architecture").asText());
    out.println();
    Iterator<Map.Entry<String, JsonNode>> keys = found.path("config").fields();
    while (keys.hasNext()) {
      Map.Entry<String, JsonNode> entry = keys.next();
      String value = entry.getValue().isTextual() ? entry.getValue().asText() : shown(entry);
      out.printf("  %-26s %s%n", entry.getKey(), value);
    }
    out.println();
    long bytes = 0;
    for (TensorGroups.Group group : TensorGroups.of(found.path("tensors"))) {
      out.printf(
          Locale.ROOT,
          "  %-58s %-5s %-16s x%-4d %s%n",
          group.name(),
          group.dtype(),
          group.shape(),
          group.count(),
          EngineLoader.gigabytes(group.bytes()));
      bytes += group.bytes();
    }
    out.printf("%ntensors        %d, %s%n", found.path("tensors").size(), EngineLoader.gigabytes(bytes));
    JsonNode tokenizer = found.path("tokenizer");
    out.println(
        "tokenizer      "
            + (tokenizer.isNull()
                ? "none"
                : tokenizer.has("error")
                    ? tokenizer.path("error").asText()
                    : tokenizer.path("tokens").asText() + " tokens"));
    out.println("chat template  " + (found.path("chat_template").asBoolean() ? "yes" : "none"));
    JsonNode memory = found.path("memory");
    if (memory.has("error")) {
      out.println("memory         no plan: " + memory.path("error").asText());
      return;
    }
    out.printf(
        Locale.ROOT,
        "parameters     %,d, of them %,d in embedding and head%n",
        memory.path("parameters").asLong(),
        memory.path("embedding_parameters").asLong());
    printWeights(found.path("weights"), memory);
    out.println("memory         " + memory.path("plan").asText());
    out.printf(
        Locale.ROOT,
        "context        %,d of the model's %,d tokens, %,d bytes of KV a token (%s)%n",
        memory.path("context").asInt(),
        memory.path("model_context").asInt(),
        memory.path("kv_bytes_per_token").asLong(),
        memory.path("kv_cache").asText());
  }

  private void printWeights(JsonNode weights, JsonNode memory) {
    JsonNode method = weights.path("method");
    streams
        .out()
        .printf(
            Locale.ROOT,
            "weights        %s, %.2f bits a weight as held%n",
            method.isTextual() ? method.asText() : "plain",
            memory.path("bits_per_weight").asDouble());
    for (JsonNode form : weights.path("forms")) {
      streams
          .out()
          .printf(
              Locale.ROOT,
              "               %,d in %s, %s%n",
              form.path("parameters").asLong(),
              formText(form),
              EngineLoader.gigabytes(form.path("size_bytes").asLong()));
    }
  }

  private static String formText(JsonNode form) {
    if (!form.has("group_size")) {
      return form.path("form").asText();
    }
    String offsets = form.path("offsets").asText();
    return form.path("bits").asText()
        + " bits, groups of "
        + form.path("group_size").asText()
        + ", scales in "
        + form.path("scales").asText()
        + (offsets.equals("none") ? "" : ", " + offsets);
  }

  private static String shown(Map.Entry<String, JsonNode> entry) {
    String text = entry.getValue().toString();
    return text.length() <= 100 ? text : text.substring(0, 97) + "...";
  }
}
