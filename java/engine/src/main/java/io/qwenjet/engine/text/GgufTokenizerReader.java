// SPDX-License-Identifier: Apache-2.0
// A tokenizer from GGUF metadata (spec/quant-formats.md, "Tokenizer KV"). GGUF names the split instead of giving it, has no normaliser
// and pads the vocabulary with unused tokens, which are left out here as the published tokenizers do not have them.
package io.qwenjet.engine.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

final class GgufTokenizerReader {
    private static final String SOURCE = "GGUF metadata";
    private static final String PREFIX = "tokenizer.ggml.";
    private static final int TYPE_UNKNOWN = 2;
    private static final int TYPE_CONTROL = 3;
    private static final int TYPE_USER_DEFINED = 4;
    private static final int TYPE_UNUSED = 5;

    private final Map<String, Object> metadata;

    private GgufTokenizerReader(Map<String, Object> metadata) {
        this.metadata = metadata;
    }

    static TokenizerParts read(Map<String, Object> metadata) {
        return new GgufTokenizerReader(metadata).read();
    }

    private TokenizerParts read() {
        String model = string("model");
        if (!model.equals("gpt2")) {
            throw TokenizerFormatException.expected(SOURCE, PREFIX + "model gpt2 (byte-level BPE)", model);
        }
        String pre = string("pre");
        SplitPatterns.GgufFamily family = SplitPatterns.ofGgufName(pre)
                .orElseThrow(() -> TokenizerFormatException.expected(SOURCE, "a known split name in " + PREFIX + "pre", pre));
        List<?> tokens = list("tokens", true);
        int[] types = types(tokens.size());

        Vocabulary.Builder builder = new Vocabulary.Builder(SOURCE, true);
        List<AddedToken> added = new ArrayList<>();
        Set<String> addedContents = new HashSet<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (types[id] == TYPE_UNUSED) {
                continue;
            }
            String text = text(tokens.get(id), "tokens", id);
            builder.add(text, id);
            boolean special = types[id] == TYPE_CONTROL || types[id] == TYPE_UNKNOWN;
            if ((special || types[id] == TYPE_USER_DEFINED) && !text.isEmpty() && addedContents.add(text)) {
                added.add(AddedToken.literal(id, text, special));
            }
        }
        Vocabulary vocabulary = builder.build();

        List<?> merges = list("merges", true);
        List<String> mergeTexts = new ArrayList<>(2 * merges.size());
        for (int rank = 0; rank < merges.size(); rank++) {
            TokenizerParts.addMerge(SOURCE, text(merges.get(rank), "merges", rank), mergeTexts);
        }
        BytePairEncoder encoder = TokenizerParts.encoder(SOURCE, vocabulary, mergeTexts,
                new TokenizerParts.MergeRules(family.ignoreMerges(), -1));
        Vocabulary complete = builder.define(vocabulary, added);
        OptionalInt bosId = id("bos_token_id", tokens.size());
        OptionalInt eosId = id("eos_token_id", tokens.size());
        TokenizerParts.Affixes affixes = new TokenizerParts.Affixes(
                affix("add_bos_token", family.addBosByDefault(), bosId), affix("add_eos_token", false, eosId));
        return new TokenizerParts(complete, encoder, List.copyOf(added),
                new TokenizerParts.Pipeline(family.nfc(), family.splitters(), false), affixes, bosId, eosId, false);
    }

    private int[] types(int numTokens) {
        int[] types = new int[numTokens];
        List<?> given = list("token_type", false);
        if (given == null) {
            return types;
        }
        if (given.size() != numTokens) {
            throw TokenizerFormatException.expected(SOURCE, numTokens + " values in " + PREFIX + "token_type",
                    String.valueOf(given.size()));
        }
        for (int i = 0; i < numTokens; i++) {
            if (!(given.get(i) instanceof Number type)) {
                throw TokenizerFormatException.expected(SOURCE, "a number at " + PREFIX + "token_type[" + i + "]", shown(given.get(i)));
            }
            types[i] = type.intValue();
        }
        return types;
    }

    private int[] affix(String key, boolean absent, OptionalInt id) {
        Object value = metadata.get(PREFIX + key);
        if (value != null && !(value instanceof Boolean)) {
            throw TokenizerFormatException.expected(SOURCE, "true or false for " + PREFIX + key, shown(value));
        }
        boolean wanted = value == null ? absent : (Boolean) value;
        return wanted && id.isPresent() ? new int[] {id.getAsInt()} : new int[0];
    }

    private OptionalInt id(String key, int numTokens) {
        Object value = metadata.get(PREFIX + key);
        if (value == null) {
            return OptionalInt.empty();
        }
        if (!(value instanceof Number number) || number.longValue() < 0 || number.longValue() >= numTokens) {
            throw TokenizerFormatException.expected(SOURCE, "an id from 0 to " + (numTokens - 1) + " for " + PREFIX + key, shown(value));
        }
        return OptionalInt.of(number.intValue());
    }

    private String string(String key) {
        Object value = metadata.get(PREFIX + key);
        if (!(value instanceof String text)) {
            throw TokenizerFormatException.expected(SOURCE, "a string for " + PREFIX + key, shown(value));
        }
        return text;
    }

    private List<?> list(String key, boolean required) {
        Object value = metadata.get(PREFIX + key);
        if (value == null && !required) {
            return null;
        }
        if (!(value instanceof List<?> list)) {
            throw TokenizerFormatException.expected(SOURCE, "a list for " + PREFIX + key, shown(value));
        }
        return list;
    }

    private static String text(Object value, String key, int position) {
        if (!(value instanceof String text)) {
            throw TokenizerFormatException.expected(SOURCE, "a string at " + PREFIX + key + "[" + position + "]", shown(value));
        }
        return text;
    }

    private static String shown(Object value) {
        return value == null ? "nothing" : value instanceof List<?> list ? "a list of " + list.size() : String.valueOf(value);
    }
}
