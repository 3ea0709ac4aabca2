// SPDX-License-Identifier: Apache-2.0
// The published tokenizers against the reference implementation's results: Qwen3 from tokenizer.json, SmolLM2 from GGUF metadata.
package io.qwenjet.engine.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.qwenjet.engine.SharedFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TokenizerConformanceTest {
    @Test
    void qwen3EncodesAndDecodesAsTheReference() throws IOException {
        List<JsonNode> cases = TextTestData.lines(Files.readAllBytes(SharedFolder.path("conformance/text/tokenizer.jsonl")));
        Tokenizer tokenizer = Tokenizer.load(SharedFolder.path("tokenizers/qwen3"));
        assertFalse(cases.isEmpty());
        for (int round = 0; round < 2; round++) { // the second round comes from the pretoken cache
            for (JsonNode c : cases) {
                String text = c.get("text").textValue();
                int[] ids = tokenizer.encode(text);
                assertArrayEquals(TextTestData.ids(c.get("ids")), ids, text);
                assertEquals(c.get("decoded").textValue(), tokenizer.decode(ids, false), text);
            }
        }
    }

    @Test
    void qwen3StreamsAnyIdsAsTheReferenceDecodesThem() throws IOException {
        List<JsonNode> cases = TextTestData.lines(Files.readAllBytes(SharedFolder.path("conformance/text/stream.jsonl")));
        Tokenizer tokenizer = Tokenizer.load(SharedFolder.path("tokenizers/qwen3/tokenizer.json"));
        assertFalse(cases.isEmpty());
        for (JsonNode c : cases) {
            int[] ids = TextTestData.ids(c.get("ids"));
            assertEquals(c.get("text").textValue(), TextTestData.streamed(tokenizer, ids, false), Arrays.toString(ids));
            assertEquals(c.get("text").textValue(), tokenizer.decode(ids, false), Arrays.toString(ids));
        }
    }

    @Test
    void qwen3EncodesRenderedChats() throws IOException {
        List<JsonNode> cases = TextTestData.lines(Files.readAllBytes(SharedFolder.path("conformance/text/chat.jsonl")));
        Tokenizer tokenizer = Tokenizer.load(SharedFolder.path("tokenizers/qwen3"));
        for (JsonNode c : cases) {
            assertArrayEquals(TextTestData.ids(c.get("ids")), tokenizer.encode(c.get("rendered").textValue()));
        }
    }

    @Test
    void qwen3HasThePublishedVocabulary() {
        Tokenizer tokenizer = Tokenizer.load(SharedFolder.path("tokenizers/qwen3"));
        assertEquals(151669, tokenizer.size());
        assertEquals(OptionalInt.empty(), tokenizer.bosId());
        assertEquals(OptionalInt.of(151645), tokenizer.eosId());
        assertFalse(tokenizer.addBos());
        assertEquals(OptionalInt.of(151667), tokenizer.idOf("<think>"));
        assertEquals(OptionalInt.of(23811), tokenizer.idOf("\u0120hello"));
        assertTrue(tokenizer.isSpecial(151644));
        assertFalse(tokenizer.isSpecial(151668));
        assertEquals("", tokenizer.decode(new int[] {151669, 151935}, false));
    }

    @Test
    void smolLmFromGgufEncodesWikiTextAndChats() throws IOException {
        Path model = SharedFolder.path("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
        JsonNode golden = TextTestData.MAPPER.readTree(
                Files.readAllBytes(SharedFolder.path("models/smollm2-135m-instruct/golden.json")));
        String wiki = Files.readString(SharedFolder.path("eval/text/wikitext2_test.txt"));
        Tokenizer tokenizer = Tokenizer.fromGguf(GgufMetadataFile.read(model));

        int[] ids = tokenizer.encode(wiki);
        int[] first = TextTestData.ids(golden.get("first_64_ids"));
        assertArrayEquals(first, Arrays.copyOf(ids, first.length));
        assertEquals(golden.get("perplexity").get("tokens_total").intValue(), ids.length);
        for (JsonNode chat : golden.get("chats")) {
            assertArrayEquals(TextTestData.ids(chat.get("prompt_ids")), tokenizer.encode(chat.get("prompt").textValue()));
            assertEquals(chat.get("greedy_text").textValue(), tokenizer.decode(TextTestData.ids(chat.get("greedy_ids")), true));
        }
    }
}
