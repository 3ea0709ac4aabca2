// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
  @Test
  void nativeAndJavaVersionsAreOne() {
    assertEquals(NativeLibrary.javaVersion(), NativeLibrary.version());
    assertTrue(NativeLibrary.version().matches("\\d+\\.\\d+\\.\\d+"), NativeLibrary.version());
  }

  @Test
  void javaCppsMemoryLimitsAreSetAside() {
    NativeLibrary.load();
    assertEquals(0, Pointer.maxBytes());
    assertEquals(0, Pointer.maxPhysicalBytes());
  }

  @Test
  void thePortablePathIsAlwaysThere() {
    assertEquals("portable", Processor.isaName(0));
    assertTrue(Processor.isaSupported(0));
    assertTrue(Processor.isaNames().contains("amx"));
    assertTrue(Processor.isaSupported(Processor.bestIsa()));
  }

  @Test
  void aFolderWithoutTheLibraryIsRefusedByName(@TempDir Path empty) throws Exception {
    String said = loadInANewProcess("-D" + NativeLibrary.PATH_PROPERTY + "=" + empty);
    assertTrue(said.startsWith("UNSUPPORTED"), said);
    assertTrue(said.contains(empty.toString()), said);
  }

  @Test
  void aFolderThatIsNotThereIsRefusedByName(@TempDir Path parent) throws Exception {
    Path missing = parent.resolve("nowhere");
    String said = loadInANewProcess("-D" + NativeLibrary.PATH_PROPERTY + "=" + missing);
    assertTrue(said.startsWith("NOT_FOUND"), said);
    assertTrue(said.contains(missing.toString()), said);
  }

  @Test
  void aFolderWithTheLibraryIsUsed(@TempDir Path folder) throws Exception {
    Path built = Path.of("target/native/io/qwenjet/bindings/capi").toAbsolutePath();
    try (var libraries = Files.walk(built)) {
      for (Path library : libraries.filter(Files::isRegularFile).toList()) {
        Files.copy(library, folder.resolve(library.getFileName()));
      }
    }
    String said = loadInANewProcess("-D" + NativeLibrary.PATH_PROPERTY + "=" + folder);
    assertEquals("loaded " + NativeLibrary.javaVersion(), said);
  }

  @Test
  void aPlatformWithoutALibraryIsNamed() throws Exception {
    String said = loadInANewProcess("-Dorg.bytedeco.javacpp.platform=linux-s390x");
    assertTrue(said.startsWith("UNSUPPORTED"), said);
    assertTrue(said.contains("linux-s390x"), said);
  }

  private static String loadInANewProcess(String property)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(property);
    command.add("-cp");
    command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(LoadAndTell.class.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, process.waitFor(), said);
    return said;
  }

  /** The other process: prints what loading came to. */
  static final class LoadAndTell {
    private LoadAndTell() {}

    public static void main(String[] args) {
      try {
        System.out.println("loaded " + NativeLibrary.version());
      } catch (NativeException e) {
        System.out.println(e.code() + " " + e.getMessage());
      }
    }
  }
}
