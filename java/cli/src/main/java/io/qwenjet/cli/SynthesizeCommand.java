// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import io.qwenjet.cli.synthesize.CheckpointWriter;
import io.qwenjet.cli.synthesize.ModelShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "synthesize",
    header = "Write a checkpoint with random weights, to measure speed without a download.",
    description = {
      "The checkpoint has a released model's exact shape; its answers are noise.",
      ""
    })
final class SynthesizeCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "SHAPE",
      completionCandidates = Shapes.class,
      description = "One of ${COMPLETION-CANDIDATES}.")
  private String shapeName;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder to write; new or empty.")
  private Path out;

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "Number of layers, if not the model's own.")
  private Integer layers;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of the weights; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--tokenizer",
      paramLabel = "DIR",
      description =
          "Copy the tokenizer of this checkpoint; without it a tokenizer of single bytes is made.")
  private Path tokenizer;

  SynthesizeCommand(Streams streams) {
    this.streams = streams;
  }

  /** What the help lists. */
  static final class Shapes implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return ModelShape.names().iterator();
    }
  }

  @Override
  public Integer call() throws IOException {
    ModelShape shape = shape();
    checkFolder();
    CheckpointWriter writer =
        new CheckpointWriter(shape, seed, Runtime.getRuntime().availableProcessors());
    checkSpace(writer.sizeBytes());
    long startNs = System.nanoTime();
    try (ProgressBar bar = new ProgressBar(streams, "writing " + shape.name())) {
      writer.write(out, tokenizer, (done, total) -> bar.update(done, total, EngineLoader.gigabytes(total)));
    }
    streams.note(
        String.format(
            Locale.ROOT,
            "wrote %s: %s, %d layers, %,d parameters, %s in %.1f s",
            out,
            shape.name(),
            shape.numLayers(),
            shape.parameters(),
            EngineLoader.gigabytes(writer.sizeBytes()),
            (System.nanoTime() - startNs) * 1e-9));
    return 0;
  }

  private ModelShape shape() {
    ModelShape shape = ModelShape.of(shapeName);
    if (shape == null) {
      throw usage(
          "SHAPE: expected one of "
              + String.join(", ", ModelShape.names())
              + ", got "
              + shapeName);
    }
    if (layers == null) {
      return shape;
    }
    if (layers < 1 || layers > 1000) {
      throw usage("--layers: expected 1 to 1000, got " + layers);
    }
    return shape.withLayers(layers);
  }

  private void checkFolder() throws IOException {
    if (!Files.exists(out)) {
      return;
    }
    List<Path> held = new ArrayList<>();
    try (var files = Files.newDirectoryStream(out)) {
      files.forEach(held::add);
    }
    if (!held.isEmpty()) {
      throw new CommandException(
          out + ": expected a new or empty folder, got one that holds " + held.get(0).getFileName());
    }
  }

  private void checkSpace(long needed) throws IOException {
    Path existing = out.toAbsolutePath();
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    long free = Files.getFileStore(existing).getUsableSpace();
    if (free < needed) {
      throw new CommandException(
          out + ": expected " + EngineLoader.gigabytes(needed) + " of free space, got " + EngineLoader.gigabytes(free));
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
