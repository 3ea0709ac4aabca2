// SPDX-License-Identifier: Apache-2.0
// README.md: its Java example is the source that is compiled here, it runs on a tiny checkpoint to
// which a tokenizer of single bytes is added, and what the README points at exists.
package io.qwenjet.engine.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ReadmeExampleTest {
  private static final String SOURCE =
      "java/engine/src/test/java/io/qwenjet/engine/examples/ReadmeExample.java";

  @Test
  void theReadmeShowsTheCompiledSource() throws IOException {
    List<String> shown =
        between(lines("README.md"), "```java", "```");
    assertTrue(shown.size() > 20, "README.md has the example, got " + shown);
    assertEquals(between(lines(SOURCE), "// @start region=readme", "// @end"), shown);
  }

  @Test
  void theExampleRuns(@TempDir Path folder) throws IOException {
    Path model = tinyModelWithText(folder);
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(out);
      ReadmeExample.main(new String[] {model.toString()});
    } finally {
      System.setOut(console);
    }
    String text = printed.toString(StandardCharsets.UTF_8);
    assertTrue(text.startsWith("weights "), text);
    assertTrue(text.contains("2,048 tokens of context"), text);
    assertTrue(text.contains("Usage["), text);
  }

  @Test
  void whatTheReadmeLinksToExists() throws IOException {
    Matcher link =
        Pattern.compile("\\]\\((?!https?:|#)([^)#]+)[^)]*\\)")
            .matcher(String.join("\n", lines("README.md")));
    int numLinks = 0;
    while (link.find()) {
      assertTrue(Files.exists(root().resolve(link.group(1))), "README.md: " + link.group(1));
      numLinks++;
    }
    assertTrue(numLinks > 0, "README.md has links");
  }

  /** A tiny checkpoint of the tree, its tokens made to be bytes, with a template and short answers. */
  private static Path tinyModelWithText(Path folder) throws IOException {
    Path tiny = root().resolve("cpp/testing/tiny/qwen3-dense");
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(tiny.resolve(file), folder.resolve(file));
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode tokenizer = mapper.createObjectNode();
    ObjectNode byteLevel = mapper.createObjectNode().put("type", "ByteLevel");
    byteLevel.put("add_prefix_space", false).put("trim_offsets", false).put("use_regex", true);
    tokenizer.putArray("added_tokens");
    tokenizer.set("pre_tokenizer", byteLevel);
    tokenizer.set("decoder", byteLevel);
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
    model.putArray("merges");
    ObjectNode vocabulary = model.putObject("vocab");
    int numShifted = 0;
    for (int b = 0; b < 256; b++) {
      boolean printable = b > 32 && b < 127 || b > 160 && b != 173;
      vocabulary.put(String.valueOf((char) (printable ? b : 256 + numShifted++)), b);
    }
    mapper.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer);
    mapper.writeValue(
        folder.resolve("tokenizer_config.json").toFile(),
        mapper
            .createObjectNode()
            .put(
                "chat_template",
                "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "));
    mapper.writeValue(
        folder.resolve("generation_config.json").toFile(),
        mapper.createObjectNode().put("eos_token_id", 2).put("max_new_tokens", 40));
    return folder;
  }

  private static List<String> between(List<String> lines, String begin, String end) {
    int from = lines.indexOf(begin) + 1;
    assertTrue(from > 0, "expected a line " + begin);
    int length = lines.subList(from, lines.size()).indexOf(end);
    assertTrue(length > 0, "expected a line " + end + " after " + begin);
    return lines.subList(from, from + length);
  }

  private static List<String> lines(String file) throws IOException {
    return Files.readAllLines(root().resolve(file));
  }

  private static Path root() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("README.md")) && Files.isDirectory(at.resolve("cpp"))) {
        return at;
      }
    }
    throw new IllegalStateException("README.md is not above this folder");
  }
}
