// SPDX-License-Identifier: Apache-2.0
// Options of every command that loads a model.
package io.qwenjet.cli;

import io.qwenjet.engine.Activations;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.EngineOptions;
import io.qwenjet.engine.InvalidRequestException;
import io.qwenjet.engine.Isa;
import io.qwenjet.engine.KvCache;
import io.qwenjet.engine.runtime.Machine;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

final class ModelOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  private int threads;
  private int context;

  @Option(
      names = "--compute",
      paramLabel = "TYPE",
      converter = ComputeName.class,
      description = "Number type: bfloat16 (the default) or float32, the slower reference mode.")
  private Compute compute;

  @Option(
      names = "--activations",
      paramLabel = "WAY",
      converter = ActivationsName.class,
      description =
          "Inputs of products with quantised weights: int8 or int16 rounds them, exact does not; auto (the"
              + " default) is int8, int16 for small models, exact with --compute float32.")
  private Activations activations = Activations.AUTO;

  @Option(
      names = "--kv-cache",
      paramLabel = "TYPE",
      converter = KvCacheName.class,
      description =
          "KV cache: bf16 (the default; float32 with --compute float32) or int8, which takes half the"
              + " memory and changes answers a little.")
  private KvCache kvCache = KvCache.COMPUTE;

  @Option(
      names = "--isa",
      paramLabel = "PATH",
      converter = IsaName.class,
      description =
          "Force an instruction-set path: portable, avx2, avx512, avx512-vnni, avx512-bf16 or amx;"
              + " the default is the fastest that this machine has.")
  private Isa isa = Isa.AUTO;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Compute threads; the default is one a processor that this process may use, fewer for very"
              + " small models.")
  void setThreads(int value) {
    threads = atLeastOne("--threads", value);
  }

  @Option(
      names = "--context",
      paramLabel = "N",
      description =
          "Most tokens that prompt and answer may have together; the default is the model's own"
              + " length, as far as memory goes.")
  void setContext(int value) {
    context = atLeastOne("--context", value);
  }

  /** The number type, or null where none was given. */
  Compute givenCompute() {
    return compute;
  }

  Compute compute() {
    return compute == null ? Compute.BFLOAT16 : compute;
  }

  Activations activations() {
    return activations;
  }

  KvCache kvCache() {
    return kvCache;
  }

  /** What the KV cache holds, as JSON writes it. */
  String kvCacheLabel() {
    return kvCache == KvCache.INT8 ? "int8" : label(compute());
  }

  int threads() {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }

  /** 0 where none was given. */
  int context() {
    return context;
  }

  /** The path; one that the machine lacks is an error. */
  Isa isa() {
    return Machine.requireIsa(isa);
  }

  EngineOptions engineOptions() {
    return EngineOptions.defaults()
        .compute(compute())
        .activations(activations)
        .kvCache(kvCache)
        .isa(isa())
        .threads(threads)
        .contextLength(context);
  }

  private int atLeastOne(String name, int value) {
    if (value < 1) {
      throw new ParameterException(
          spec.commandLine(), name + ": expected 1 or more, got " + value);
    }
    return value;
  }

  /** The name of a number type as options and JSON write it. */
  static String label(Compute compute) {
    return compute.name().toLowerCase(Locale.ROOT);
  }

  /** The name of a way as options and JSON write it. */
  static String label(Activations activations) {
    return activations.name().toLowerCase(Locale.ROOT);
  }

  /** Reads what is done with activations. */
  static final class ActivationsName implements ITypeConverter<Activations> {
    @Override
    public Activations convert(String value) {
      for (Activations activations : Activations.values()) {
        if (label(activations).equals(value)) {
          return activations;
        }
      }
      throw new TypeConversionException("expected auto, int8, int16 or exact, got " + value);
    }
  }

  /** Reads a number type. */
  static final class ComputeName implements ITypeConverter<Compute> {
    @Override
    public Compute convert(String value) {
      for (Compute compute : Compute.values()) {
        if (label(compute).equals(value)) {
          return compute;
        }
      }
      throw new TypeConversionException("expected bfloat16 or float32, got " + value);
    }
  }

  /** Reads what the KV cache holds. */
  static final class KvCacheName implements ITypeConverter<KvCache> {
    @Override
    public KvCache convert(String value) {
      return switch (value) {
        case "bf16" -> KvCache.COMPUTE;
        case "int8" -> KvCache.INT8;
        default -> throw new TypeConversionException("expected bf16 or int8, got " + value);
      };
    }
  }

  /** Reads the name of a path. */
  static final class IsaName implements ITypeConverter<Isa> {
    @Override
    public Isa convert(String value) {
      try {
        return Isa.ofLabel(value);
      } catch (InvalidRequestException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
