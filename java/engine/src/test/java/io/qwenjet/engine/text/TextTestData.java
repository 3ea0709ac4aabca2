// SPDX-License-Identifier: Apache-2.0
// The data of this package's tests: the small committed tokenizer and recorded cases.
package io.qwenjet.engine.text;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

final class TextTestData {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private TextTestData() {}

    static byte[] resource(String name) {
        try (InputStream in = TextTestData.class.getResourceAsStream("/text/" + name)) {
            assertNotNull(in, name);
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String smallTokenizerJson() {
        return new String(resource("tokenizer.json"), StandardCharsets.UTF_8);
    }

    static Tokenizer parse(String json) {
        return parse(json.getBytes(StandardCharsets.UTF_8));
    }

    static Tokenizer parse(byte[] json) {
        return new Tokenizer(TokenizerJsonReader.read("test.json", json, "test_config.json", null));
    }

    static List<JsonNode> lines(byte[] jsonLines) {
        List<JsonNode> nodes = new ArrayList<>();
        try {
            for (String line : new String(jsonLines, StandardCharsets.UTF_8).split("\n")) {
                nodes.add(MAPPER.readTree(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return nodes;
    }

    static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).intValue();
        }
        return ids;
    }

    static String streamed(Tokenizer tokenizer, int[] ids, boolean skipSpecialTokens) {
        StreamingDetokenizer detokenizer = tokenizer.detokenizer(skipSpecialTokens);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            String piece = detokenizer.push(id);
            assertWholeCharacters(piece);
            text.append(piece);
        }
        return text.append(detokenizer.flush()).toString();
    }

    private static void assertWholeCharacters(String piece) {
        if (!piece.isEmpty()
                && (Character.isHighSurrogate(piece.charAt(piece.length() - 1)) || Character.isLowSurrogate(piece.charAt(0)))) {
            throw new AssertionError("a piece splits a surrogate pair: " + piece);
        }
    }
}
