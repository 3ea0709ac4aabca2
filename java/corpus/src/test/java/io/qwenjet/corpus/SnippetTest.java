// SPDX-License-Identifier: Apache-2.0
// The code that the model learns is right: it compiles, its checks hold, planted bugs change it.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnippetTest {
  @TempDir Path folder;

  private static List<Snippet> of(String language) {
    return Snippet.all().stream().filter(each -> each.language().equals(language)).toList();
  }

  @Test
  void sixtyFunctionsInBothLanguages() {
    assertTrue(of("Java").size() >= 60);
    assertEquals(of("Java").size(), of("Python").size());
    Set<String> names = new HashSet<>();
    Set<String> heads = new HashSet<>();
    Set<String> titles = new HashSet<>();
    for (Snippet snippet : Snippet.all()) {
      assertTrue(names.add(snippet.language() + snippet.name()), snippet.name());
      assertTrue(heads.add(snippet.language() + snippet.code().lines().findFirst().orElseThrow()), snippet.name());
      assertTrue(snippet.code().length() < 300, snippet.code());
      for (String title : snippet.titles()) {
        assertTrue(titles.add(snippet.language() + title), title);
      }
      for (String does : snippet.does()) {
        assertTrue(titles.add(snippet.language() + does), does);
      }
    }
  }

  @Test
  void everyBugStandsInItsCode() {
    for (Snippet snippet : Snippet.all()) {
      assertFalse(snippet.bugs().isEmpty(), snippet.name());
      for (Snippet.Bug bug : snippet.bugs()) {
        assertTrue(snippet.code().contains(bug.right()), () -> snippet.name() + " has no " + bug.right());
        assertNotEquals(bug.right(), bug.wrong());
      }
    }
  }

  @Test
  void otherNamesLeaveMethodsAlone() {
    assertEquals("def a(x):\n    x.b(1)", Snippet.renamed("def b(x):\n    x.b(1)", "b", "a"));
  }

  @Test
  void javaCompilesAndItsChecksHold() throws Exception {
    StringBuilder source = new StringBuilder("class Snippets {\n");
    StringBuilder checks = new StringBuilder();
    StringBuilder programs = new StringBuilder();
    for (Snippet snippet : of("Java")) {
      if (snippet.isProgram()) {
        programs.append(snippet.code()).append('\n');
        continue;
      }
      source.append(snippet.code()).append('\n');
      if (snippet.check() != null) {
        checks.append("if (!(").append(snippet.check()).append(")) throw new AssertionError(\"");
        checks.append(snippet.name()).append("\");\n");
      }
    }
    source.append("static boolean swapped() { int[] two = {1, 2}; swap(two, 0, 1); return two[0] == 2 && two[1] == 1; }\n");
    source.append("public static void main(String[] args) {\n").append(checks).append("}\n}\n").append(programs);
    Path file = Files.writeString(folder.resolve("Snippets.java"), source);
    assertEquals(
        0,
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(System.out, System.err, "-proc:none", "-d", folder.toString(), file.toString()));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    assertEquals("", output(java, "-cp", folder.toString(), "Snippets"));
    assertEquals("Hello, world!", output(java, "-cp", folder.toString(), "Hello"));
  }

  @Test
  void pythonRunsAndItsChecksHold() throws Exception {
    StringBuilder source = new StringBuilder();
    for (Snippet snippet : of("Python")) {
      if (!snippet.isProgram()) {
        source.append(snippet.code()).append("\n\n");
      }
    }
    for (Snippet snippet : of("Python")) {
      if (snippet.check() != null) {
        source.append("assert ").append(snippet.check()).append(", '").append(snippet.name()).append("'\n");
      }
    }
    source.append("two = [1, 2]\nswap(two, 0, 1)\nassert two == [2, 1]\n");
    Path file = Files.writeString(folder.resolve("snippets.py"), source);
    assumeTrue(hasPython(), "python3 is not there");
    assertEquals("", output("python3", file.toString()));
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    process.waitFor();
    return text.strip();
  }
}
