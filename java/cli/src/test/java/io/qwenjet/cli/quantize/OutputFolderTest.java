// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.cli.CommandException;
import io.qwenjet.engine.ModelLocation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
  private static final byte[] CONFIG = "{}".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path parent;

  private long filesInParent() throws IOException {
    try (var files = Files.list(parent)) {
      return files.count();
    }
  }

  @Test
  void aDiskThatIsTooSmallIsNamedBeforeAnythingIsWritten() throws IOException {
    Path out = parent.resolve("out");
    CommandException refused =
        assertThrows(CommandException.class, () -> new OutputFolder(out, Long.MAX_VALUE).close());
    assertTrue(
        refused.getMessage().contains("expected " + Long.MAX_VALUE + " bytes of free space, got"),
        refused.getMessage());
    assertEquals(0, filesInParent());
  }

  @Test
  void aFileIsNoFolderToWriteTo() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "kept");
    CommandException refused =
        assertThrows(CommandException.class, () -> new OutputFolder(file, 0).close());
    assertTrue(refused.getMessage().contains("got a file"), refused.getMessage());
    assertEquals("kept", Files.readString(file));
  }

  @Test
  void onlyThePublishedMethodStays() throws IOException {
    Path model = Files.createDirectory(parent.resolve("model"));
    Files.writeString(model.resolve("tokenizer.json"), "tokens");
    Files.writeString(model.resolve("model.safetensors"), "weights");
    Path out = Files.createDirectory(parent.resolve("out"));
    try (OutputFolder folder = new OutputFolder(out, 0)) {
      for (String method : new String[] {"awq", "gptq"}) {
        Files.createDirectory(folder.temporary().resolve(method));
        Files.writeString(folder.temporary().resolve(method).resolve("model.safetensors"), method);
      }
      folder.publish("gptq", CONFIG, ModelLocation.of(model));
    }
    assertEquals("gptq", Files.readString(out.resolve("model.safetensors")));
    assertEquals("tokens", Files.readString(out.resolve("tokenizer.json")));
    assertEquals("{}", Files.readString(out.resolve("config.json")));
    assertEquals(2, filesInParent());
  }

  @Test
  void nothingStaysWhereNothingIsPublished() throws IOException {
    Path out = parent.resolve("out");
    try (OutputFolder folder = new OutputFolder(out, 0)) {
      Files.writeString(folder.temporary().resolve("half"), "half");
    }
    assertFalse(Files.exists(out));
    assertEquals(0, filesInParent());
  }
}
