// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.cli.synthesize.CheckpointWriter;
import io.qwenjet.cli.synthesize.ModelShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged jars, copied to a folder of their own, in new processes with an empty cache for the
 * unpacked library and no way back to the build's folders.
 */
class PackagingIT {
  private static final Path APP = Path.of("target/app").toAbsolutePath();
  private static final String MAIN_JAR =
      "qwenjet-cli-" + System.getProperty("qwenjet.version", "0.1.0") + ".jar";
  private static final Path TINY =
      Path.of("../../cpp/testing/tiny/qwen3-dense").toAbsolutePath().normalize();
  private static final String PLATFORM_MODULES =
      "io.qwenjet.bindings,io.qwenjet.bindings.linux,org.bytedeco.javacpp."
          + System.getProperty("qwenjet.platform", "linux-x86_64").replace('-', '.');

  @TempDir private Path clean;
  private Path jars;
  private Path cache;

  @BeforeEach
  void copyTheJars() throws IOException {
    jars = Files.createDirectory(clean.resolve("jars"));
    cache = clean.resolve("cache");
    Path main = APP.resolve(MAIN_JAR);
    Files.copy(main, jars.resolve(MAIN_JAR));
    // Only what the main jar names: an older build may have left others in the folder.
    try (JarFile jar = new JarFile(main.toFile())) {
      String classPath = jar.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      for (String name : classPath.split(" ")) {
        Files.copy(APP.resolve(name), jars.resolve(name));
      }
    }
  }

  @Test
  void loadsFromTheClassPath() throws Exception {
    List<String> said = probe("-cp", jars + "/*");
    assertTrue(said.get(1).startsWith("module unnamed"), said.toString());
  }

  @Test
  void loadsFromTheModulePath() throws Exception {
    List<String> said =
        probe(
            "-p",
            jars.toString(),
            "--add-modules",
            PLATFORM_MODULES,
            "--add-exports",
            "io.qwenjet.bindings/io.qwenjet.bindings=ALL-UNNAMED");
    assertEquals("module module io.qwenjet.bindings", said.get(1));
  }

  @Test
  void theMainJarStartsByItself() throws Exception {
    run("-jar", jars.resolve(MAIN_JAR).toString(), "--version");
  }

  @Test
  void everyModuleOfTheCommandLineResolves() throws Exception {
    run(
        "-p",
        jars.toString(),
        "--add-modules",
        PLATFORM_MODULES,
        "-m",
        "io.qwenjet.cli/io.qwenjet.cli.Main",
        "--version");
  }

  @Test
  void theEmbeddedModelAnswersFromTheClassPath() throws Exception {
    putAModelInTheJar();
    answersWithoutAHome("-cp", jars + "/*", "io.qwenjet.cli.Main");
  }

  @Test
  void theEmbeddedModelAnswersFromTheModulePath() throws Exception {
    putAModelInTheJar();
    answersWithoutAHome(
        "-p",
        jars.toString(),
        "--add-modules",
        PLATFORM_MODULES,
        "-m",
        "io.qwenjet.cli/io.qwenjet.cli.Main");
  }

  @Test
  void theEmbeddedModelAnswersFromOneJarOfAll() throws Exception {
    putAModelInTheJar();
    Path all = clean.resolve("all.jar");
    try (FileSystem to = FileSystems.newFileSystem(all, Map.of("create", "true"));
        var each = Files.newDirectoryStream(jars)) {
      for (Path jar : each) {
        try (FileSystem from = FileSystems.newFileSystem(jar);
            var files = Files.walk(from.getPath("/"))) {
          for (Path file : files.filter(Files::isRegularFile).toList()) {
            Path copy = to.getPath(file.toString());
            if (!Files.exists(copy) && !file.endsWith("module-info.class")) {
              Files.createDirectories(copy.getParent());
              Files.copy(file, copy);
            }
          }
        }
      }
    }
    answersWithoutAHome("-cp", all.toString(), "io.qwenjet.cli.Main");
  }

  /** Random weights in the copy of the engine's jar, if the build has no model of its own. */
  private void putAModelInTheJar() throws IOException {
    Path engine = jars.resolve(MAIN_JAR.replace("-cli-", "-engine-"));
    try (FileSystem jar = FileSystems.newFileSystem(engine)) {
      Path nano = jar.getPath("io/qwenjet/engine/nano");
      if (Files.exists(nano.resolve("model.safetensors"))) {
        return;
      }
      Path model = clean.resolve("model");
      new CheckpointWriter(ModelShape.of("tiny"), 1, 2).write(model, null, (done, total) -> {});
      Files.createDirectories(nano);
      try (var files = Files.newDirectoryStream(model)) {
        for (Path file : files) {
          Files.copy(file, nano.resolve(file.getFileName().toString()));
        }
      }
    }
  }

  /** Home is no folder and cannot become one; only the folder for temporary files is writable. */
  private void answersWithoutAHome(String... program) throws Exception {
    Path temporary = Files.createDirectory(clean.resolve("temporary"));
    Path home = Files.writeString(clean.resolve("home"), "no folder");
    List<String> command = new ArrayList<>();
    command.add("-Duser.home=" + home);
    command.add("-Djava.io.tmpdir=" + temporary);
    command.addAll(List.of(program));
    String before = listing();
    List<String> generate = new ArrayList<>(command);
    generate.addAll(List.of("generate", "--max-tokens", "8", "--json", "Hello"));
    List<String> said = runJava(generate);
    assertTrue(said.get(0).contains("\"finish_reason\""), said.toString());
    List<String> inspect = new ArrayList<>(command);
    inspect.add("inspect");
    assertTrue(runJava(inspect).get(0).startsWith("qwenjet-nano: qwen3"));
    assertEquals(before, listing(), "something was written");
  }

  /** Everything in the test's folder but the native library, which JavaCPP has to unpack. */
  private String listing() throws IOException {
    try (var files = Files.walk(clean)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> clean.relativize(file).toString())
          .filter(name -> !name.endsWith(".so") && !name.endsWith("errors.txt"))
          .filter(name -> !name.contains(".javacpp"))
          .sorted()
          .collect(Collectors.joining("\n"));
    }
  }

  private List<String> probe(String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add(Path.of("src/test/resources/packaging/Probe.java").toAbsolutePath().toString());
    arguments.add(TINY.toString());
    List<String> said = run(arguments.toArray(String[]::new));
    assertTrue(said.get(0).matches("version \\d+\\.\\d+\\.\\d+"), said.toString());
    assertTrue(said.get(2).contains("\"qwen3\""), said.toString());
    try (var unpacked = Files.walk(cache)) {
      assertTrue(
          unpacked.anyMatch(file -> file.endsWith("libqwenjet.so")),
          "the library did not come from the jar");
    }
    return said;
  }

  private List<String> run(String... arguments) throws Exception {
    List<String> withCache = new ArrayList<>();
    withCache.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
    withCache.addAll(List.of(arguments));
    return runJava(withCache);
  }

  private List<String> runJava(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    Path errors = clean.resolve("errors.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(clean.toFile())
            .redirectError(errors.toFile())
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), () -> said + read(errors));
    return said.lines().toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
