// SPDX-License-Identifier: Apache-2.0
// The small committed tokenizer under every known split, against ids of the reference implementation (tokenizers 0.23.2), and what
// the flags of tokenizer.json do.
package io.qwenjet.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
    private static final String BYTE_LEVEL = "{'type':'ByteLevel','add_prefix_space':false,'use_regex':false}";
    private static final int END_OF_TEXT = 1100;
    private static final int IM_START = 1101;
    private static final int THINK = 1103;

    private final ObjectNode definition = (ObjectNode) TextTestData.lines(
            TextTestData.smallTokenizerJson().replace("\n", "").getBytes(StandardCharsets.UTF_8)).get(0);
    private final Tokenizer tokenizer = TextTestData.parse(TextTestData.smallTokenizerJson());

    @Test
    void encodesAsTheReferenceUnderEveryKnownSplit() {
        Map<String, Tokenizer> bySplit = new HashMap<>();
        for (JsonNode c : TextTestData.lines(TextTestData.resource("encode.jsonl"))) {
            Tokenizer with = bySplit.computeIfAbsent(c.get("pre").textValue(), this::withSplit);
            String text = c.get("text").textValue();
            int[] ids = TextTestData.ids(c.get("ids"));
            assertArrayEquals(ids, with.encode(text), c.get("pre") + " " + text);
            assertArrayEquals(ids, with.encode(text), "from the cache: " + c.get("pre") + " " + text);
        }
        assertEquals(6, bySplit.size());
    }

    @Test
    void decodesAsTheReferenceAtOnceAndStreamed() {
        for (JsonNode c : TextTestData.lines(TextTestData.resource("decode.jsonl"))) {
            int[] ids = TextTestData.ids(c.get("ids"));
            assertEquals(c.get("text").textValue(), tokenizer.decode(ids, false), Arrays.toString(ids));
            assertEquals(c.get("skipped").textValue(), tokenizer.decode(ids, true), Arrays.toString(ids));
            assertEquals(c.get("text").textValue(), TextTestData.streamed(tokenizer, ids, false), Arrays.toString(ids));
            assertEquals(c.get("skipped").textValue(), TextTestData.streamed(tokenizer, ids, true), Arrays.toString(ids));
        }
    }

    @Test
    void streamingHoldsBackAnUnfinishedCharacter() {
        StreamingDetokenizer stream = tokenizer.detokenizer(false);
        byte[] smile = "\uD83D\uDE00".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 3; i++) {
            assertEquals("", stream.push(byteId(smile[i])));
        }
        assertEquals("\uD83D\uDE00", stream.push(byteId(smile[3])));
        assertEquals("", stream.flush());
        assertEquals("", stream.push(byteId(smile[0])));
        assertEquals("\uFFFD", stream.flush());
        assertEquals("a", stream.push(byteId((byte) 'a')));
    }

    @Test
    void specialTokensInTextAreTokensUnlessTheCallSaysOtherwise() {
        String text = "<|im_start|>x<think>";
        assertArrayEquals(new int[] {IM_START, byteId((byte) 'x'), THINK}, tokenizer.encode(text));
        int[] plain = tokenizer.encode(text, false);
        assertFalse(Arrays.stream(plain).anyMatch(id -> id == IM_START));
        assertEquals(THINK, plain[plain.length - 1]);
        assertEquals(text, tokenizer.decode(plain, true));
        assertTrue(tokenizer.isSpecial(IM_START));
        assertFalse(tokenizer.isSpecial(THINK));
        assertFalse(tokenizer.isSpecial(-1));
        assertFalse(tokenizer.isSpecial(1 << 30));
    }

    @Test
    void addedTokensMatchLeftmostLongestWithTheirFlags() {
        added(1107, "<think>more", Map.of());
        added(1108, "[S]", Map.of("lstrip", true, "rstrip", true));
        added(1109, "word", Map.of("single_word", true));
        added(1110, "e\u0301", Map.of("normalized", true));
        Tokenizer with = TextTestData.parse(definition.toString());
        int a = byteId((byte) 'a');
        assertArrayEquals(new int[] {1107, THINK}, with.encode("<think>more<think>"));
        assertArrayEquals(new int[] {a, 1108, a}, with.encode("a \n [S]\t a"));
        assertArrayEquals(new int[] {1109}, with.encode("word"));
        assertFalse(Arrays.stream(with.encode("words sword word_ w\u00f6rd")).anyMatch(id -> id == 1109));
        assertArrayEquals(new int[] {a, 1110, a}, with.encode("a\u00e9a"));
        assertEquals("\u00e9".length(), with.decode(new int[] {byteId((byte) 0xC3), byteId((byte) 0xA9)}, false).length());
    }

    @Test
    void templatesAndConfigGiveTheTokensAroundAText(@TempDir Path folder) throws IOException {
        definition.set("post_processor", json("{'type':'Sequence','processors':[{'type':'ByteLevel'},{'type':'TemplateProcessing',"
                + "'single':[{'SpecialToken':{'id':'<|im_start|>','type_id':0}},{'Sequence':{'id':'A','type_id':0}},"
                + "{'SpecialToken':{'id':'<|endoftext|>','type_id':0}}],'pair':[],'special_tokens':{"
                + "'<|im_start|>':{'id':'<|im_start|>','ids':[1101],'tokens':['<|im_start|>']},"
                + "'<|endoftext|>':{'id':'<|endoftext|>','ids':[1100],'tokens':['<|endoftext|>']}}}]}"));
        Files.writeString(folder.resolve("tokenizer.json"), definition.toString());
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\":\"<|im_start|>\",\"split_special_tokens\":true,"
                + "\"eos_token\":{\"content\":\"<|endoftext|>\"},"
                + "\"added_tokens_decoder\":{\"1107\":{\"content\":\"<new>\",\"special\":true}}}");
        Tokenizer with = Tokenizer.load(folder);
        assertArrayEquals(new int[] {IM_START, byteId((byte) 'x'), END_OF_TEXT}, with.encodeWithSpecialTokens("x"));
        assertArrayEquals(new int[] {byteId((byte) 'x')}, with.encode("x"));
        assertEquals(OptionalInt.of(IM_START), with.bosId());
        assertEquals(OptionalInt.of(END_OF_TEXT), with.eosId());
        assertTrue(with.addBos());
        assertEquals(1108, with.size());
        assertTrue(with.encode("<new>").length > 1, "special tokens are split by default here");
        assertArrayEquals(new int[] {1107}, with.encode("<new>", true));
        assertFalse(tokenizer.addBos());
    }

    @Test
    void longWordsMergeAsShortOnesDoAndQuickly() {
        Random random = new Random(5);
        for (int length = 1; length < 400; length += 7) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < length; i++) {
                text.append((char) ('a' + random.nextInt(6)));
            }
            assertArrayEquals(mergeByDefinition(text.toString()), tokenizer.encode(text.toString()), text.toString());
        }
        long start = System.nanoTime();
        assertTrue(tokenizer.encode(" ".repeat(300_000) + "x").length > 0);
        assertTrue(tokenizer.encode("\u8BED".repeat(300_000)).length > 0);
        assertTrue(System.nanoTime() - start < 20_000_000_000L, "long words take quadratic time");
    }

    @Test
    void anyJavaStringIsEncodedAndComesBack() {
        Random random = new Random(11);
        for (int round = 0; round < 300; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(40); i > 0; i--) {
                text.append(random.nextInt(3) == 0 ? (char) random.nextInt(0x10000) : (char) random.nextInt(0x80));
            }
            String normal = NfcNormalizer.normalize(text.toString());
            assertEquals(replaceLoneSurrogates(normal), tokenizer.decode(tokenizer.encode(text.toString()), false));
        }
        assertThrows(NullPointerException.class, () -> tokenizer.encode(null));
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {-1}, false));
        assertThrows(IllegalArgumentException.class, () -> tokenizer.tokenBytes(-1));
        assertEquals(0, tokenizer.tokenBytes(1 << 30).length);
    }

    @Test
    void manyThreadsShareATokenizer() throws Exception {
        List<JsonNode> cases = TextTestData.lines(TextTestData.resource("encode.jsonl")).stream()
                .filter(c -> c.get("pre").textValue().equals("qwen2")).toList();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int seed = t;
                work.add(() -> {
                    Random random = new Random(seed);
                    for (int i = 0; i < 2000; i++) {
                        JsonNode c = cases.get(random.nextInt(cases.size()));
                        assertArrayEquals(TextTestData.ids(c.get("ids")), tokenizer.encode(c.get("text").textValue()));
                    }
                    return null;
                });
            }
            for (Future<Void> done : pool.invokeAll(work)) {
                done.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static String replaceLoneSurrogates(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> out.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c));
        return out.toString();
    }

    /** The textbook loop: the lowest rank anywhere, leftmost first, until nothing merges. */
    private int[] mergeByDefinition(String ascii) {
        Map<String, Integer> ranks = new HashMap<>();
        for (JsonNode merge : definition.get("model").get("merges")) {
            ranks.put(merge.textValue(), ranks.size());
        }
        List<String> parts = new ArrayList<>(ascii.chars().mapToObj(c -> String.valueOf((char) c)).toList());
        while (true) {
            int best = Integer.MAX_VALUE;
            int at = -1;
            for (int i = 0; i + 1 < parts.size(); i++) {
                int rank = ranks.getOrDefault(parts.get(i) + " " + parts.get(i + 1), Integer.MAX_VALUE);
                if (rank < best) {
                    best = rank;
                    at = i;
                }
            }
            if (at < 0) {
                return parts.stream().mapToInt(p -> definition.get("model").get("vocab").get(p).intValue()).toArray();
            }
            parts.set(at, parts.get(at) + parts.remove(at + 1));
        }
    }

    private int byteId(byte b) {
        return tokenizer.idOf(String.valueOf(ByteAlphabet.charOf(b & 0xFF))).orElseThrow();
    }

    private void added(int id, String content, Map<String, Boolean> flags) {
        ObjectNode token = ((ArrayNode) definition.get("added_tokens")).addObject().put("id", id).put("content", content);
        flags.forEach(token::put);
    }

    private Tokenizer withSplit(String name) {
        String qwen = definition.get("pre_tokenizer").toString();
        definition.set("pre_tokenizer", switch (name) {
            case "llama3" -> json(qwen.replace("\\\\p{N}| ?", "\\\\p{N}{1,3}| ?"));
            case "qwen35" -> json(qwen.replace("?\\\\p{L}+", "?[\\\\p{L}\\\\p{M}]+")
                    .replace("[^\\\\s\\\\p{L}\\\\p{N}]", "[^\\\\s\\\\p{L}\\\\p{M}\\\\p{N}]"));
            case "gpt2" -> json("{'type':'ByteLevel','add_prefix_space':false,'use_regex':true}");
            case "gpt2-prefix" -> json("{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':false}");
            case "smollm" -> json("{'type':'Sequence','pretokenizers':[{'type':'Digits','individual_digits':true},"
                    + BYTE_LEVEL.replace("'use_regex':false", "'use_regex':true") + "]}");
            default -> json(qwen);
        });
        Tokenizer made = TextTestData.parse(definition.toString());
        definition.set("pre_tokenizer", json(qwen));
        return made;
    }

    private static JsonNode json(String text) {
        String quoted = text.startsWith("{'") ? text.replace('\'', '"') : text;
        return TextTestData.lines(quoted.getBytes(StandardCharsets.UTF_8)).get(0);
    }
}
