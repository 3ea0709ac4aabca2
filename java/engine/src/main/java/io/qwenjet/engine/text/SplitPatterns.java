// SPDX-License-Identifier: Apache-2.0
// Which scanner stands for which split pattern: by the regular expression in tokenizer.json and by tokenizer.ggml.pre in GGUF.
// Nothing is guessed: a pattern or name that is not listed here is an error that shows it.
package io.qwenjet.engine.text;

import io.qwenjet.engine.text.Splitter.Contractions;
import io.qwenjet.engine.text.Splitter.Numbers;
import io.qwenjet.engine.text.Splitter.PrefixedWords;
import io.qwenjet.engine.text.Splitter.SpacedWords;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

final class SplitPatterns {
    /** What GGUF's one name stands for besides the split itself. */
    record GgufFamily(List<Splitter> splitters, boolean nfc, boolean ignoreMerges, boolean addBosByDefault) {}

    private static final PrefixedWords QWEN = new PrefixedWords(Contractions.ANY_CASE, 1, false);
    private static final PrefixedWords QWEN35 = new PrefixedWords(Contractions.ANY_CASE, 1, true);
    private static final PrefixedWords LLAMA3 = new PrefixedWords(Contractions.ANY_CASE, 3, false);
    private static final Map<String, Splitter> BY_REGEX = new HashMap<>();
    private static final Map<String, GgufFamily> BY_GGUF_NAME = new HashMap<>();

    static {
        BY_REGEX.put("\\p{N}", new Numbers(true));
        BY_REGEX.put("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", new SpacedWords());
        for (Contractions contractions : List.of(Contractions.ANY_CASE, Contractions.ANY_ASCII_CASE)) {
            for (int maxDigits : new int[] {1, 3}) {
                for (boolean marks : new boolean[] {false, true}) {
                    PrefixedWords splitter = new PrefixedWords(contractions, maxDigits, marks);
                    BY_REGEX.put(regexOf(splitter), splitter);
                }
            }
        }
        GgufFamily qwen = new GgufFamily(List.of(QWEN), true, false, false);
        GgufFamily llama3 = new GgufFamily(List.of(LLAMA3), false, true, true);
        GgufFamily gpt2 = new GgufFamily(List.of(new SpacedWords()), false, false, false);
        GgufFamily smollm = new GgufFamily(List.of(new Numbers(true), new SpacedWords()), false, false, false);
        BY_GGUF_NAME.put("qwen2", qwen);
        // The distilled DeepSeek R1 models took over Qwen's vocabulary and split, not its normaliser.
        BY_GGUF_NAME.put("deepseek-r1-qwen", new GgufFamily(List.of(QWEN), false, false, false));
        BY_GGUF_NAME.put("qwen35", new GgufFamily(List.of(QWEN35), true, false, false));
        for (String name : List.of("llama-bpe", "llama3", "llama-v3")) {
            BY_GGUF_NAME.put(name, llama3);
        }
        BY_GGUF_NAME.put("gpt-2", gpt2);
        BY_GGUF_NAME.put("smollm", smollm);
    }

    private SplitPatterns() {}

    static Optional<Splitter> ofRegex(String regex) {
        return Optional.ofNullable(BY_REGEX.get(regex));
    }

    static Optional<GgufFamily> ofGgufName(String name) {
        return Optional.ofNullable(BY_GGUF_NAME.get(name));
    }

    /** The regular expression as published tokenizers write it. */
    static String regexOf(PrefixedWords splitter) {
        String contractions = splitter.contractions() == Contractions.ANY_CASE
                ? "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
                : "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
        String letters = splitter.marksAreLetters() ? "[\\p{L}\\p{M}]+" : "\\p{L}+";
        String notPunctuation = splitter.marksAreLetters() ? "\\p{L}\\p{M}\\p{N}" : "\\p{L}\\p{N}";
        String numbers = splitter.maxDigits() == 1 ? "\\p{N}" : "\\p{N}{1," + splitter.maxDigits() + "}";
        return contractions + "|[^\\r\\n\\p{L}\\p{N}]?" + letters + "|" + numbers + "| ?[^\\s" + notPunctuation
                + "]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }
}
