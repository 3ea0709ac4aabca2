// SPDX-License-Identifier: Apache-2.0
// Lines for tests: conversations and documents about orders, and a small vocabulary of their words.
package io.qwenjet.train.data;

import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.BpeOptions;
import io.qwenjet.train.tokenizer.BpeTrainer;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

final class SampleLines {
  private static final String[] ITEMS = {"tent", "camping stove", "lamp", "rope", "sleeping bag"};
  private static final String[] NAMES = {"Okafor", "Ngozi Adeyemi", "Zo\u00eb", "Tr\u00e1n", "Bo"};

  private SampleLines() {}

  static CorpusLine of(long index) {
    return index % 5 == 4 ? document(index) : conversation(index);
  }

  static CorpusLine conversation(long index) {
    SplittableRandom random = new SplittableRandom(0x9E3779B97F4A7C15L * (index + 1));
    List<Map<String, Object>> messages = new ArrayList<>();
    String name = "";
    for (int turn = 0, turns = 1 + random.nextInt(3); turn < turns; turn++) {
      name = NAMES[random.nextInt(NAMES.length)];
      String item = ITEMS[random.nextInt(ITEMS.length)];
      int count = 1 + random.nextInt(90);
      messages.add(
          message("user", "Order " + count + " " + item + "s for " + name + ", please. Who orders?"));
      Map<String, Object> answer = message("assistant", name + " orders " + count + ".");
      if (random.nextBoolean()) {
        answer.put("reasoning_content", "The name is " + name + ".");
      }
      messages.add(answer);
    }
    return new CorpusLine(
        "extraction", messages, null, random.nextInt(4) == 0 ? false : null, List.of(name), null);
  }

  static CorpusLine document(long index) {
    SplittableRandom random = new SplittableRandom(0x9E3779B97F4A7C15L * (index + 1));
    StringBuilder text = new StringBuilder();
    for (int i = 0, n = 1 + random.nextInt(12); i < n; i++) {
      text.append(ITEMS[random.nextInt(ITEMS.length)]).append(": ").append(random.nextInt(99)).append('\n');
    }
    return new CorpusLine("document/list", List.of(), null, null, List.of(), text.toString());
  }

  static BpeModel model(int vocabSize) {
    BpeTrainer trainer = new BpeTrainer(BpeOptions.small(vocabSize).withMinCount(5));
    WordFeeder feeder = new WordFeeder(trainer, TokenizerFiles.chatTemplate());
    for (int i = 0; i < 1000; i++) {
      feeder.add(of(i));
    }
    return trainer.train().model();
  }

  static TokenStore store(int count, LineEncoder encoder) {
    TokenStore.Builder builder = new TokenStore.Builder();
    for (int i = 0; i < count; i++) {
      builder.add(encoder.encode(of(i), 1, i));
    }
    return builder.build();
  }

  private static Map<String, Object> message(String role, String content) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }
}
