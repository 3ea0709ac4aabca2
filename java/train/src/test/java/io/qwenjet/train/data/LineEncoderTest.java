// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.text.Tokenizer;
import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LineEncoderTest {
  @TempDir static Path folder;
  private static Tokenizer tokenizer;
  private static LineEncoder canonical;

  @BeforeAll
  static void train() throws IOException {
    BpeModel model = SampleLines.model(400);
    TokenizerFiles.write(model, folder, 1024);
    tokenizer = Tokenizer.load(folder);
    canonical = LineEncoder.load(folder, LineEncoder.Dropout.NONE);
  }

  private static String decode(EncodedExample example, int kind) {
    int[] tokens = new int[example.length()];
    int n = 0;
    for (int i = 0; i < example.length(); i++) {
      if (example.kinds()[i] == kind) {
        tokens[n++] = example.tokens()[i];
      }
    }
    return tokenizer.decode(java.util.Arrays.copyOf(tokens, n), false);
  }

  @Test
  void withoutDropoutTheIdsAreTheEngines() {
    TemplateRenderer renderer = new TemplateRenderer(TokenizerFiles.chatTemplate());
    assertTrue(canonical.isTemplateFast());
    for (CorpusLine line : RendererSamples.lines()) {
      assertArrayEquals(
          tokenizer.encode(renderer.slow(line).text()), canonical.encode(line, 1, 2).tokens());
    }
    for (int i = 0; i < 200; i++) {
      CorpusLine line = SampleLines.of(i);
      String text = renderer.render(line).text() + (line.text() != null ? "<|endoftext|>" : "");
      assertArrayEquals(tokenizer.encode(text), canonical.encode(line, 1, i).tokens());
    }
  }

  @Test
  void answersAreTrainedWithTheirThoughtsAndTheirEnd() throws Exception {
    EncodedExample example =
        canonical.encode(
            CorpusLine.parse(
                "{\"messages\":[{\"role\":\"user\",\"content\":\"1+1?\"},{\"role\":\"assistant\","
                    + "\"content\":\"2\",\"reasoning_content\":\"easy\"}]}"),
            1,
            1);
    assertEquals(
        "<think>\neasy\n</think>\n\n2<|im_end|>", decode(example, EncodedExample.ANSWER));
    assertEquals(
        "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n\n",
        decode(example, EncodedExample.PROMPT));
  }

  @Test
  void thePrefilledBlockIsMasked() throws Exception {
    EncodedExample example =
        canonical.encode(
            CorpusLine.parse(
                "{\"enable_thinking\":false,\"messages\":[{\"role\":\"user\",\"content\":\"1+1?\"},"
                    + "{\"role\":\"assistant\",\"content\":\"2\"}]}"),
            1,
            1);
    assertEquals("<think>\n\n</think>\n\n", decode(example, EncodedExample.MASKED));
    assertEquals("2<|im_end|>", decode(example, EncodedExample.ANSWER));
  }

  @Test
  void earlierAnswersAreReadButNotTrained() throws Exception {
    EncodedExample example =
        canonical.encode(
            CorpusLine.parse(
                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\","
                    + "\"content\":\"xy z\",\"reasoning_content\":\"r\"},{\"role\":\"user\","
                    + "\"content\":\"b\"},{\"role\":\"assistant\",\"content\":\"w\"}]}"),
            1,
            1);
    assertEquals("<think>\n\n</think>\n\nw<|im_end|>", decode(example, EncodedExample.ANSWER));
    // What follows the opening of a turn is the one place where history must not be imitated.
    assertEquals("x", decode(example, EncodedExample.MASKED).substring(0, 1));
    assertTrue(decode(example, EncodedExample.PROMPT).contains("z<|im_end|>"));
  }

  @Test
  void documentsAreTrainedToTheirEnd() throws Exception {
    EncodedExample example = canonical.encode(CorpusLine.parse("{\"text\":\"the order\"}"), 1, 1);
    assertEquals("the order<|endoftext|>", decode(example, EncodedExample.ANSWER));
    assertEquals("", decode(example, EncodedExample.PROMPT));
  }

  @Test
  void dropoutTouchesPromptsOnlyAndDependsOnSeedAndNumber() throws IOException {
    LineEncoder dropping = LineEncoder.load(folder, new LineEncoder.Dropout(0.1, 0, 0));
    int different = 0;
    for (int i = 0; i < 100; i++) {
      CorpusLine line = SampleLines.conversation(i);
      EncodedExample plain = canonical.encode(line, 1, i);
      EncodedExample dropped = dropping.encode(line, 1, i);
      assertEquals(
          tokenizer.decode(plain.tokens(), false), tokenizer.decode(dropped.tokens(), false));
      assertArrayEquals(answer(plain), answer(dropped));
      different += dropped.length() != plain.length() ? 1 : 0;
      dropping.encode(SampleLines.of(i + 1), 3, 4);
      assertArrayEquals(dropped.tokens(), dropping.encode(line, 1, i).tokens());
    }
    assertTrue(different > 50, "lines with another segmentation: " + different);
  }

  @Test
  void anAnswerRepeatsWordsWithThePiecesOfThePrompt() throws Exception {
    LineEncoder dropping = LineEncoder.load(folder, new LineEncoder.Dropout(0.1, 0.5, 1));
    CorpusLine line =
        CorpusLine.parse(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Order lamps for Adeyemi, please.\"},"
                + "{\"role\":\"assistant\",\"content\":\"(Adeyemi\"}],"
                + "\"enable_thinking\":false,\"copied\":[\"Adeyemi\"]}");
    int[] plain = answer(canonical.encode(line, 1, 0));
    int different = 0;
    for (int i = 0; i < 100; i++) {
      EncodedExample dropped = dropping.encode(line, 1, i);
      int[] answer = answer(dropped);
      // Without the bracket before the name and the tokens after it.
      String name = text(java.util.Arrays.copyOfRange(answer, 1, answer.length - 1));
      assertTrue(name.startsWith("Adeyemi".substring(0, 1)), name);
      assertTrue(text(dropped.tokens()).indexOf(name) < text(dropped.tokens()).lastIndexOf(name), name);
      different += java.util.Arrays.equals(answer, plain) ? 0 : 1;
    }
    assertTrue(different > 30, "lines with another segmentation: " + different);
  }

  /** Pieces with bars between them. */
  private static String text(int[] tokens) {
    return java.util.Arrays.stream(tokens)
        .mapToObj(id -> tokenizer.decode(new int[] {id}, false))
        .collect(java.util.stream.Collectors.joining("|"));
  }

  @Test
  void wrongLinesAreNamed() {
    for (String json :
        new String[] {
          "", "[1]", "{", "{}", "{\"text\":1}", "{\"messages\":[]}", "{\"messages\":[{\"role\":1}]}",
          "{\"text\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}"
        }) {
      CorpusLine.MalformedLineException wrong =
          assertThrows(CorpusLine.MalformedLineException.class, () -> CorpusLine.parse(json));
      assertFalse(wrong.getMessage().isEmpty());
    }
  }

  private static int[] answer(EncodedExample example) {
    return java.util.stream.IntStream.range(0, example.length())
        .filter(i -> example.kinds()[i] == EncodedExample.ANSWER)
        .map(i -> example.tokens()[i])
        .toArray();
  }
}
