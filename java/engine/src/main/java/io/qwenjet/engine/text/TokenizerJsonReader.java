// SPDX-License-Identifier: Apache-2.0
// Reads tokenizer.json and what matters of tokenizer_config.json. The vocabulary and the merges, nearly all of the file, are streamed;
// the small rest becomes a tree that PipelineReader interprets. The file is untrusted: whatever is wrong ends in one exception type.
package io.qwenjet.engine.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

final class TokenizerJsonReader {
    private static final long MAX_FILE_BYTES = 256L << 20;

    /** Field names are tokens here, each seen once: a table of them would only cost. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    private static final ObjectMapper MAPPER = new ObjectMapper(FACTORY);

    private final String source;
    private final Vocabulary.Builder vocabulary;
    private final List<String> mergeTexts = new ArrayList<>();
    private final Map<String, JsonNode> sections = new HashMap<>();
    private String modelType;
    private String unkToken;
    private boolean ignoreMerges;
    private boolean hasVocab;
    private boolean hasMerges;

    private TokenizerJsonReader(String source) {
        this.source = source;
        this.vocabulary = new Vocabulary.Builder(source, false);
    }

    static TokenizerParts read(Path directoryOrFile) {
        boolean isDirectory = Files.isDirectory(directoryOrFile);
        Path file = isDirectory ? directoryOrFile.resolve("tokenizer.json") : directoryOrFile;
        Path config = file.resolveSibling("tokenizer_config.json");
        byte[] configBytes = Files.isRegularFile(config) && !config.getFileName().equals(file.getFileName()) ? contents(config) : null;
        return read(file.toString(), contents(file), config.toString(), configBytes);
    }

    /** As for files; {@code configJson} may be null. */
    static TokenizerParts read(String source, byte[] json, String configSource, byte[] configJson) {
        TokenizerConfig config = configJson == null
                ? TokenizerConfig.NONE
                : TokenizerConfig.of(configSource, tree(configSource, configJson));
        TokenizerJsonReader reader = new TokenizerJsonReader(source);
        try (JsonParser parser = FACTORY.createParser(json)) {
            reader.readDocument(parser);
        } catch (IOException e) {
            throw malformed(source, e);
        }
        return reader.assemble(config);
    }

    private static byte[] contents(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw TokenizerFormatException.expected(file.toString(), "a file", Files.exists(file) ? "something else" : "nothing there");
            }
            long size = Files.size(file);
            if (size > MAX_FILE_BYTES) {
                throw TokenizerFormatException.expected(file.toString(), "at most " + MAX_FILE_BYTES + " bytes", size + " bytes");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new TokenizerFormatException(file.toString(), "expected a readable file, got " + e, e);
        }
    }

    private static JsonNode tree(String source, byte[] json) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            JsonNode node = MAPPER.readTree(parser);
            if (node == null || !node.isObject()) {
                throw TokenizerFormatException.expected(source, "a JSON object",
                        node == null ? "an empty file" : PipelineReader.kind(node));
            }
            return node;
        } catch (IOException e) {
            throw malformed(source, e);
        }
    }

    private static TokenizerFormatException malformed(String source, IOException e) {
        return new TokenizerFormatException(source, "expected well-formed JSON, got: "
                + TokenizerFormatException.shorten(String.valueOf(e.getMessage())), e);
    }

    private void readDocument(JsonParser parser) throws IOException {
        expect(parser.nextToken(), JsonToken.START_OBJECT, "the document");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "model" -> {
                    expect(value, JsonToken.START_OBJECT, "model");
                    readModel(parser);
                }
                case "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder" ->
                    sections.put(name, MAPPER.readTree(parser));
                default -> parser.skipChildren();
            }
        }
        JsonToken after = parser.nextToken();
        if (after != null) {
            throw TokenizerFormatException.expected(source, "the end of the file after the JSON object", after.toString());
        }
    }

    private void readModel(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "type" -> {
                    modelType = string(parser, value, "model.type");
                    if (!modelType.equals("BPE")) {
                        throw TokenizerFormatException.expected(source, "model.type BPE", modelType);
                    }
                }
                case "vocab" -> {
                    expect(value, JsonToken.START_OBJECT, "model.vocab");
                    hasVocab = true;
                    readVocabulary(parser);
                }
                case "merges" -> {
                    expect(value, JsonToken.START_ARRAY, "model.merges");
                    hasMerges = true;
                    readMerges(parser);
                }
                case "unk_token" -> unkToken = value == JsonToken.VALUE_NULL ? null : string(parser, value, "model.unk_token");
                case "ignore_merges" -> ignoreMerges = flag(value, "model.ignore_merges");
                case "byte_fallback", "fuse_unk" -> {
                    if (flag(value, "model." + name)) {
                        throw TokenizerFormatException.expected(source, "model." + name + " false", "true");
                    }
                }
                case "dropout" -> {
                    if (value != JsonToken.VALUE_NULL && !(value.isNumeric() && parser.getDoubleValue() == 0)) {
                        throw TokenizerFormatException.expected(source, "model.dropout null", String.valueOf(parser.getText()));
                    }
                }
                case "continuing_subword_prefix", "end_of_word_suffix" -> {
                    if (value != JsonToken.VALUE_NULL && !string(parser, value, "model." + name).isEmpty()) {
                        throw TokenizerFormatException.expected(source, "model." + name + " empty", parser.getText());
                    }
                }
                default -> parser.skipChildren();
            }
        }
    }

    private void readVocabulary(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String text = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value != JsonToken.VALUE_NUMBER_INT) {
                throw TokenizerFormatException.expected(source, "an integer id for \"" + TokenizerFormatException.shorten(text) + "\"",
                        String.valueOf(value));
            }
            vocabulary.add(text, parser.getLongValue());
        }
    }

    private void readMerges(JsonParser parser) throws IOException {
        for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
            if (item == JsonToken.START_ARRAY) {
                mergeTexts.add(string(parser, parser.nextToken(), "a merge's left text"));
                mergeTexts.add(string(parser, parser.nextToken(), "a merge's right text"));
                expect(parser.nextToken(), JsonToken.END_ARRAY, "a merge of two texts");
            } else {
                TokenizerParts.addMerge(source, string(parser, item, "a merge"), mergeTexts);
            }
        }
    }

    private TokenizerParts assemble(TokenizerConfig config) {
        if (!hasVocab || !hasMerges) {
            throw TokenizerFormatException.expected(source, "a BPE model with vocab and merges",
                    "no model." + (hasVocab ? "merges" : "vocab"));
        }
        Vocabulary model = vocabulary.build();
        PipelineReader sectionReader = new PipelineReader(source);
        List<AddedToken> added = sectionReader.addedTokens(sections.get("added_tokens"));
        Map<String, Integer> addedIds = new HashMap<>();
        for (AddedToken token : added) {
            if (addedIds.put(token.content(), token.id()) != null) {
                throw new TokenizerFormatException(source, "added token \"" + TokenizerFormatException.shorten(token.content())
                        + "\" is given twice");
            }
        }
        for (AddedToken token : config.addedTokens()) {
            if (addedIds.putIfAbsent(token.content(), token.id()) == null) {
                added.add(token);
            }
        }
        checkAddedIds(model, added);
        int unkId = unkToken == null ? -1 : model.find(unkToken, new Vocabulary.TextBytes());
        BytePairEncoder encoder = TokenizerParts.encoder(source, model, mergeTexts, new TokenizerParts.MergeRules(ignoreMerges, unkId));
        Vocabulary complete = vocabulary.define(model, added);
        TokenizerParts.Pipeline pipeline = sectionReader.pipeline(sections.get("normalizer"), sections.get("pre_tokenizer"));
        sectionReader.checkDecoder(sections.get("decoder"));
        TokenizerParts.Affixes affixes = sectionReader.affixes(sections.get("post_processor"), complete);
        return new TokenizerParts(complete, encoder, List.copyOf(added), pipeline, affixes,
                idOf(config.bosToken(), addedIds, model), idOf(config.eosToken(), addedIds, model), config.splitSpecialTokens());
    }

    private void checkAddedIds(Vocabulary model, List<AddedToken> added) {
        Map<Integer, String> contents = new HashMap<>();
        Vocabulary.TextBytes scratch = new Vocabulary.TextBytes();
        for (AddedToken token : added) {
            String shown = "added token \"" + TokenizerFormatException.shorten(token.content()) + "\"";
            int inModel = model.find(token.content(), scratch);
            boolean taken = inModel < 0 && model.contains(token.id());
            if (contents.put(token.id(), token.content()) != null || taken) {
                throw TokenizerFormatException.expected(source, "an id of its own for " + shown, token.id() + ", which is taken");
            }
            if (inModel >= 0 && inModel != token.id()) {
                throw TokenizerFormatException.expected(source, "id " + inModel + " of the vocabulary for " + shown,
                        String.valueOf(token.id()));
            }
        }
    }

    private static OptionalInt idOf(String token, Map<String, Integer> addedIds, Vocabulary model) {
        if (token == null) {
            return OptionalInt.empty();
        }
        Integer added = addedIds.get(token);
        int id = added != null ? added : model.find(token, new Vocabulary.TextBytes());
        return id >= 0 ? OptionalInt.of(id) : OptionalInt.empty();
    }

    private void expect(JsonToken got, JsonToken expected, String what) {
        if (got != expected) {
            throw TokenizerFormatException.expected(source, expected + " for " + what, String.valueOf(got));
        }
    }

    private String string(JsonParser parser, JsonToken value, String what) throws IOException {
        expect(value, JsonToken.VALUE_STRING, what);
        return parser.getText();
    }

    private boolean flag(JsonToken value, String what) {
        if (value != JsonToken.VALUE_TRUE && value != JsonToken.VALUE_FALSE) {
            throw TokenizerFormatException.expected(source, "true or false for " + what, String.valueOf(value));
        }
        return value == JsonToken.VALUE_TRUE;
    }

    /** The part of tokenizer_config.json that concerns ids; names are null where the file has none. */
    private record TokenizerConfig(String bosToken, String eosToken, boolean splitSpecialTokens, List<AddedToken> addedTokens) {
        static final TokenizerConfig NONE = new TokenizerConfig(null, null, false, List.of());

        static TokenizerConfig of(String source, JsonNode config) {
            PipelineReader reader = new PipelineReader(source);
            List<AddedToken> added = new ArrayList<>();
            JsonNode decoder = config.get("added_tokens_decoder");
            if (decoder != null && !decoder.isNull()) {
                reader.require(decoder.isObject(), "an object for added_tokens_decoder", decoder);
                for (Map.Entry<String, JsonNode> field : decoder.properties()) {
                    reader.addedToken(idOfKey(source, field.getKey()), field.getValue()).ifPresent(added::add);
                }
            }
            return new TokenizerConfig(reader.tokenName(config, "bos_token"), reader.tokenName(config, "eos_token"),
                    reader.flag(config, "split_special_tokens", false), added);
        }

        private static long idOfKey(String source, String key) {
            try {
                return Long.parseLong(key);
            } catch (NumberFormatException e) {
                throw new TokenizerFormatException(source, "expected an id as key of added_tokens_decoder, got \""
                        + TokenizerFormatException.shorten(key) + "\"", e);
            }
        }
    }
}
