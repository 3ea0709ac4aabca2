// SPDX-License-Identifier: Apache-2.0
// What a reader (tokenizer.json, GGUF) hands to Tokenizer: everything checked and resolved to ids.
package io.qwenjet.engine.text;

import java.util.List;
import java.util.OptionalInt;

record TokenizerParts(Vocabulary vocabulary, BytePairEncoder encoder, List<AddedToken> addedTokens, Pipeline pipeline,
        Affixes affixes, OptionalInt bosId, OptionalInt eosId, boolean splitSpecialTokens) {

    /** The way from text to pretokens. */
    record Pipeline(boolean nfc, List<Splitter> splitters, boolean addPrefixSpace) {}

    /** Ids put around a text that is encoded with special tokens. */
    record Affixes(int[] prefixIds, int[] suffixIds) {
        static final Affixes NONE = new Affixes(new int[0], new int[0]);
    }

    /** The settings of a byte-pair model; unkId -1: none. */
    record MergeRules(boolean ignoreMerges, int unkId) {}

    /**
     * Makes the encoder of a vocabulary.
     *
     * @param mergeTexts left and right text of each merge in turn, best rank first
     */
    static BytePairEncoder encoder(String source, Vocabulary vocabulary, List<String> mergeTexts, MergeRules rules) {
        Vocabulary.TextBytes scratch = new Vocabulary.TextBytes();
        int[] byteIds = new int[256];
        int numBytes = 0;
        for (int b = 0; b < 256; b++) {
            int id = vocabulary.find(String.valueOf(ByteAlphabet.charOf(b)), scratch);
            numBytes += id >= 0 ? 1 : 0;
            byteIds[b] = id >= 0 ? id : rules.unkId;
        }
        if (numBytes == 0) {
            throw TokenizerFormatException.expected(source, "a byte-level vocabulary with tokens for single bytes", "none of them");
        }
        int numMerges = mergeTexts.size() / 2;
        LongMap merges = new LongMap(numMerges);
        for (int rank = 0; rank < numMerges; rank++) {
            String left = mergeTexts.get(2 * rank);
            String right = mergeTexts.get(2 * rank + 1);
            int leftId = require(source, vocabulary, left, rank, scratch);
            int rightId = require(source, vocabulary, right, rank, scratch);
            int mergedId = require(source, vocabulary, left.concat(right), rank, scratch);
            merges.put(BytePairEncoder.pair(leftId, rightId), (long) rank << 32 | mergedId);
        }
        return new BytePairEncoder(vocabulary, merges, byteIds, rules.ignoreMerges);
    }

    /** Adds "left right" to the texts for {@link #encoder}. */
    static void addMerge(String source, String merge, List<String> mergeTexts) {
        int space = merge.indexOf(' ');
        if (space <= 0 || space == merge.length() - 1 || merge.indexOf(' ', space + 1) >= 0) {
            throw TokenizerFormatException.expected(source, "a merge of two texts with one space between",
                    "\"" + merge + "\" at rank " + mergeTexts.size() / 2);
        }
        mergeTexts.add(merge.substring(0, space));
        mergeTexts.add(merge.substring(space + 1));
    }

    private static int require(String source, Vocabulary vocabulary, String text, int rank, Vocabulary.TextBytes scratch) {
        int id = vocabulary.find(text, scratch);
        if (id < 0) {
            throw TokenizerFormatException.expected(source, "merges of texts in the vocabulary", "\"" + text + "\" at rank " + rank);
        }
        return id;
    }
}
