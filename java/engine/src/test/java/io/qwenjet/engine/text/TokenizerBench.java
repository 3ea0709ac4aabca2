// SPDX-License-Identifier: Apache-2.0
// Prints load time and encoding speed of a tokenizer on a text file: TokenizerBench TOKENIZER_DIR TEXT_FILE. Not part of the tests.
package io.qwenjet.engine.text;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

final class TokenizerBench {
    private TokenizerBench() {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        String text = Files.readString(Path.of(args[1]));
        long numBytes = text.getBytes(StandardCharsets.UTF_8).length;
        for (int i = 0; i < 8; i++) {
            long start = System.nanoTime();
            Tokenizer loaded = Tokenizer.load(folder);
            System.out.printf("load %d: %.0f ms, %d tokens%n", i, (System.nanoTime() - start) / 1e6, loaded.size());
        }
        Tokenizer tokenizer = Tokenizer.load(folder);
        for (int i = 0; i < 12; i++) {
            report("encode " + i, numBytes, () -> tokenizer.encode(text).length);
        }
        String[] lines = text.split("(?<=\n)");
        for (int i = 0; i < 4; i++) {
            report("encode by line, fresh tokenizer", numBytes, new Object() {
                private final Tokenizer cold = Tokenizer.load(folder);

                int encodeLines() {
                    int count = 0;
                    for (String line : lines) {
                        count += cold.encode(line).length;
                    }
                    return count;
                }
            }::encodeLines);
        }
        int[] ids = tokenizer.encode(text);
        for (int i = 0; i < 6; i++) {
            report("decode", numBytes, () -> tokenizer.decode(ids, false).length());
        }
        String spaces = " ".repeat(100_000) + "x";
        String han = "\u8BED\u8A00\u6A21\u578B\u4E2D\u56FD\u4EBA".repeat(100_000 / 7);
        for (int i = 0; i < 3; i++) {
            report("100,000 spaces", spaces.length(), () -> tokenizer.encode(spaces).length);
            report("run of 100,000 Han characters", han.length() * 3L, () -> tokenizer.encode(han).length);
        }
    }

    private static void report(String what, long numBytes, java.util.function.IntSupplier work) {
        long start = System.nanoTime();
        int count = work.getAsInt();
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf("%s: %.1f MB/s (%.2f ms, %d out)%n", what, numBytes / 1e6 / seconds, seconds * 1e3, count);
    }
}
