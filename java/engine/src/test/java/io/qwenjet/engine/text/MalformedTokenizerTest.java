// SPDX-License-Identifier: Apache-2.0
// Missing, broken and hostile tokenizer files and GGUF vocabularies: one exception type, whose message says what was expected and
// what came; and a seeded mutation run in which nothing else may escape (longer with -Dqwenjet.fuzz.seconds=N).
package io.qwenjet.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MalformedTokenizerTest {
    private static final String SMALL = TextTestData.smallTokenizerJson();
    private static final String PROBE = "Hello, 123 \u4F60\u597D <|im_start|>\n  x e\u0301";

    @Test
    void missingAndUnreadableFilesAreNamed(@TempDir Path folder) throws IOException {
        TokenizerFormatException missing = assertThrows(TokenizerFormatException.class, () -> Tokenizer.load(folder));
        assertTrue(missing.getMessage().contains("tokenizer.json"), missing.getMessage());
        assertTrue(missing.getMessage().contains("nothing there"), missing.getMessage());
        Path file = Files.writeString(folder.resolve("tokenizer.json"), SMALL);
        assertEquals(1107, Tokenizer.load(file).size());
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\": 7}");
        TokenizerFormatException config = assertThrows(TokenizerFormatException.class, () -> Tokenizer.load(file));
        assertTrue(config.getMessage().contains("tokenizer_config.json: expected a token's text for bos_token, got 7"), config.getMessage());
        for (String bad : List.of("", "[]", "{",
                "{\"added_tokens_decoder\":{\"x\":{\"content\":\"a\"}}}", "{\"added_tokens_decoder\":[]}")) {
            Files.writeString(folder.resolve("tokenizer_config.json"), bad);
            assertThrows(TokenizerFormatException.class, () -> Tokenizer.load(file), bad);
        }
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] json = SMALL.getBytes(StandardCharsets.UTF_8);

        for (int length = 0; length < json.length; length += length < 2000 ? 13 : 211) {
            byte[] cut = Arrays.copyOf(json, length);
            assertThrows(TokenizerFormatException.class, () -> TextTestData.parse(cut));
        }
    }

    @Test
    void whatIsNotSupportedIsNamed() {
        refused("\"type\":\"BPE\"", "\"type\":\"Unigram\"", "Unigram");
        refused("\"byte_fallback\":false", "\"byte_fallback\":true", "byte_fallback");
        refused("\"dropout\":null", "\"dropout\":0.1", "dropout");
        refused("\"end_of_word_suffix\":null", "\"end_of_word_suffix\":\"</w>\"", "</w>");
        refused("\"normalizer\":{\"type\":\"NFC\"}", "\"normalizer\":{\"type\":\"NFKC\"}", "NFKC");
        refused("\\\\p{N}|", "\\\\d|", "split pattern");
        refused("\"behavior\":\"Isolated\"", "\"behavior\":\"Removed\"", "Removed");
        refused("\"decoder\":{\"type\":\"ByteLevel\"", "\"decoder\":{\"type\":\"Metaspace\"", "Metaspace");
        refused("\"post_processor\":{\"type\":\"ByteLevel\"", "\"post_processor\":{\"type\":\"BertProcessing\"", "BertProcessing");
        refused("\"pre_tokenizer\":{\"type\":\"Sequence\"", "\"pre_tokenizer\":{\"type\":\"Whitespace\"", "Whitespace");
    }

    @Test
    void wrongValuesAreNamed() {
        refused("\"id\":1101", "\"id\":1100", "which is taken");
        refused("\"id\":1101", "\"id\":7", "which is taken");
        refused("\"id\":1101", "\"id\":-1", "-1");
        refused("\"id\":1101", "\"id\":99999999999999999999999", "integer id");
        refused("\"id\":1101", "\"id\":\"x\"", "integer id");
        refused("\"content\":\"<think>\"", "\"content\":\"<|im_end|>\"", "given twice");
        refused("\"special\":true", "\"special\":\"yes\"", "special");
        refused("\"!\":0", "\"!\":1", "given twice");
        refused("\"!\":0", "\"!\":4000000000", "4000000000");
        refused("\"!\":0", "\"!\":4194304", "4194304");
        refused("\"!\":0", "\"!\":0.5", "integer id");
        refused("\"!\":0", "\"!\":0,\"!\":5000", "same text");
        refused("\"merges\":[", "\"merges\":[\"nospace\",", "one space");
        refused("\"merges\":[", "\"merges\":[\"zz qq\",", "zz");
        refused("\"merges\":[", "\"merges\":[[\"a\"],", "right text");
        refused("\"merges\":[", "\"merges\":[7,", "a merge");
        refused("\"vocab\":{", "\"vocab\":[", "vocab");
        refused("\"version\":\"1.0\"", "\"version\":\"\\q\"", "well-formed");
        refused("\"version\":\"1.0\"", "\"version\":" + "[".repeat(50_000), "well-formed");
        refused("\"normalizer\":{\"type\":\"NFC\"}",
                "\"normalizer\":" + "{\"type\":\"Sequence\",\"normalizers\":[".repeat(2000), "well-formed");
        TokenizerFormatException trailing = assertThrows(TokenizerFormatException.class, () -> TextTestData.parse(SMALL + "{}"));
        assertTrue(trailing.getMessage().contains("end of the file"), trailing.getMessage());
    }

    @Test
    void mergesMayBePairs() {
        ObjectNode definition = definition();
        ArrayNode merges = (ArrayNode) definition.get("model").get("merges");
        for (int rank = 0; rank < merges.size(); rank++) {
            String[] texts = merges.get(rank).textValue().split(" ");
            merges.set(rank, merges.arrayNode().add(texts[0]).add(texts[1]));
        }
        assertArrayEquals(TextTestData.parse(SMALL).encode(PROBE), TextTestData.parse(definition.toString()).encode(PROBE));
    }

    @Test
    void ggufVocabulariesAreCheckedValueByValue() {
        Map<String, Object> good = gguf();
        Tokenizer tokenizer = Tokenizer.fromGguf(good);
        assertArrayEquals(TextTestData.parse(SMALL).encode(PROBE), tokenizer.encode(PROBE));
        assertEquals(1107, tokenizer.size(), "padding is not part of the tokenizer");
        assertTrue(tokenizer.addBos());
        assertTrue(tokenizer.isSpecial(1101));

        ggufRefused("tokenizer.ggml.model", "llama", "llama");
        ggufRefused("tokenizer.ggml.pre", "unheard-of", "unheard-of");
        ggufRefused("tokenizer.ggml.pre", null, "nothing");
        ggufRefused("tokenizer.ggml.tokens", null, "tokens");
        ggufRefused("tokenizer.ggml.tokens", "a", "list");
        ggufRefused("tokenizer.ggml.tokens", Collections.nCopies(1109, 7), "tokens[0]");
        ggufRefused("tokenizer.ggml.tokens", List.of(), "token_type");
        ggufRefused("tokenizer.ggml.token_type", List.of(1), "1109 values");
        ggufRefused("tokenizer.ggml.merges", List.of("x"), "one space");
        ggufRefused("tokenizer.ggml.merges", Collections.singletonList(null), "merges[0]");
        ggufRefused("tokenizer.ggml.bos_token_id", 99999, "99999");
        ggufRefused("tokenizer.ggml.eos_token_id", "x", "eos_token_id");
        ggufRefused("tokenizer.ggml.add_bos_token", 1, "add_bos_token");
    }

    @Test
    void mutatedFilesGiveATokenizerOrTheOneException() {
        // A number, not a time: a busy machine tests the same. The property adds as many seconds to it.
        long seconds = Long.getLong("qwenjet.fuzz.seconds", 0);
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        byte[] original = SMALL.getBytes(StandardCharsets.UTF_8);
        // Most of the file is vocabulary; half of the mutations go to the sections with structure.
        int head = SMALL.indexOf("\"vocab\"");
        int accepted = 0;
        int refused = 0;
        for (long seed = 1; seed <= 800 || System.nanoTime() < end; seed++) {
            byte[] mutated = mutate(original, head, new Random(seed));
            try {
                Tokenizer tokenizer = TextTestData.parse(mutated);
                tokenizer.decode(tokenizer.encodeWithSpecialTokens(PROBE), true);
                tokenizer.encode(PROBE, false);
                accepted++;
            } catch (TokenizerFormatException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + " lets " + e + " escape", e);
            }
        }
        assertTrue(accepted > 100 && refused > 100, accepted + " accepted, " + refused + " refused");
    }

    private static byte[] mutate(byte[] original, int head, Random random) {
        String[] splices = {"null", "-1", "[]", "{}", "\"\"", "1e999", "99999999999", "true", "\\u0000", "\\ud800", "\"", "{",
            "[", "}", "]", ",", ":", "\"type\":\"Sequence\",", "\u0000", "\u00FF", "{\"type\":\"Sequence\",\"normalizers\":[null]}", "4194303"};
        List<byte[]> parts = new ArrayList<>();
        byte[] bytes = original.clone();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            int at = random.nextInt(random.nextBoolean() ? Math.min(head, bytes.length) : bytes.length);
            int length = Math.min(bytes.length - at, random.nextInt(3) == 0 ? random.nextInt(200) : random.nextInt(4));
            byte[] insert = switch (random.nextInt(4)) {
                case 0 -> splices[random.nextInt(splices.length)].getBytes(StandardCharsets.UTF_8);
                case 1 -> new byte[] {(byte) random.nextInt(256)};
                case 2 -> Arrays.copyOfRange(bytes, at, at + length);
                default -> new byte[0];
            };
            parts.clear();
            parts.add(Arrays.copyOf(bytes, at));
            parts.add(insert);
            parts.add(Arrays.copyOfRange(bytes, random.nextInt(5) == 0 ? at : at + length, bytes.length));
            byte[] joined = new byte[parts.stream().mapToInt(p -> p.length).sum()];
            int filled = 0;
            for (byte[] part : parts) {
                System.arraycopy(part, 0, joined, filled, part.length);
                filled += part.length;
            }
            bytes = joined;
        }
        return bytes;
    }

    private static void refused(String from, String to, String named) {
        assertTrue(SMALL.contains(from), from);
        String bad = SMALL.replaceFirst(java.util.regex.Pattern.quote(from), java.util.regex.Matcher.quoteReplacement(to));
        TokenizerFormatException e = assertThrows(TokenizerFormatException.class, () -> TextTestData.parse(bad), to);
        assertTrue(e.getMessage().startsWith("test.json: ") && e.getMessage().contains(named), e.getMessage());
        assertTrue(e.getMessage().length() < 1000, "a message stays readable");
    }

    private static void ggufRefused(String key, Object value, String named) {
        Map<String, Object> metadata = gguf();
        metadata.put(key, value);
        TokenizerFormatException e = assertThrows(TokenizerFormatException.class, () -> Tokenizer.fromGguf(metadata), key + " " + value);
        assertTrue(e.getMessage().contains(named), e.getMessage());
    }

    private static ObjectNode definition() {
        return (ObjectNode) TextTestData.lines(SMALL.replace("\n", "").getBytes(StandardCharsets.UTF_8)).get(0);
    }

    /** The small tokenizer as GGUF metadata, padded with two unused tokens as converters do. */
    private static Map<String, Object> gguf() {
        ObjectNode definition = definition();
        String[] tokens = new String[1109];
        Integer[] types = new Integer[1109];
        definition.get("model").get("vocab").properties().forEach(e -> {
            tokens[e.getValue().intValue()] = e.getKey();
            types[e.getValue().intValue()] = 1;
        });
        definition.get("added_tokens").forEach(t -> {
            tokens[t.get("id").intValue()] = t.get("content").textValue();
            types[t.get("id").intValue()] = t.get("special").booleanValue() ? 3 : 4;
        });
        for (int id = 1107; id < 1109; id++) {
            tokens[id] = "[PAD" + id + "]";
            types[id] = 5;
        }
        List<String> merges = new ArrayList<>();
        ((ArrayNode) definition.get("model").get("merges")).forEach(m -> merges.add(m.textValue()));
        Map<String, Object> metadata = new HashMap<>();
        metadata.put("tokenizer.ggml.model", "gpt2");
        metadata.put("tokenizer.ggml.pre", "qwen2");
        metadata.put("tokenizer.ggml.tokens", Arrays.asList(tokens));
        metadata.put("tokenizer.ggml.token_type", Arrays.asList(types));
        metadata.put("tokenizer.ggml.merges", merges);
        metadata.put("tokenizer.ggml.bos_token_id", 1101L);
        metadata.put("tokenizer.ggml.eos_token_id", 1100);
        metadata.put("tokenizer.ggml.add_bos_token", true);
        return metadata;
    }
}
