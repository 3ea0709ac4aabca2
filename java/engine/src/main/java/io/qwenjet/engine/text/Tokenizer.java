// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine.text;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A byte-level byte-pair tokenizer: text to token ids and back, exactly as the published tokenizer.json defines it.
 *
 * <p>Immutable and safe for any number of threads. No argument may be null ({@link NullPointerException}). Any text can be encoded: a
 * surrogate without its partner counts as U+FFFD. Encoding takes time linear in the text for all but very long words, for which it
 * is n log n.
 */
public final class Tokenizer {
    private final Vocabulary vocabulary;
    private final BytePairEncoder encoder;
    private final TokenizerParts.Pipeline pipeline;
    private final TokenizerParts.Affixes affixes;
    private final Splitter[] splitters;
    private final AddedTokenMatcher rawMatcher;
    private final AddedTokenMatcher normalizedMatcher;
    private final Map<String, Integer> addedIds;
    private final BitSet specialIds;
    private final OptionalInt bosId;
    private final OptionalInt eosId;
    private final boolean splitSpecialTokens;
    private final PretokenCache cache = new PretokenCache();

    Tokenizer(TokenizerParts parts) {
        vocabulary = parts.vocabulary();
        encoder = parts.encoder();
        pipeline = parts.pipeline();
        affixes = parts.affixes();
        splitters = pipeline.splitters().toArray(new Splitter[0]);
        bosId = parts.bosId();
        eosId = parts.eosId();
        splitSpecialTokens = parts.splitSpecialTokens();
        addedIds = new HashMap<>();
        specialIds = new BitSet();
        List<AddedToken> raw = new ArrayList<>();
        List<AddedToken> normalized = new ArrayList<>();
        for (AddedToken token : parts.addedTokens()) {
            addedIds.put(token.content(), token.id());
            specialIds.set(token.id(), token.special());
            if (token.normalized()) {
                String content = pipeline.nfc() ? NfcNormalizer.normalize(token.content()) : token.content();
                normalized.add(new AddedToken(token.id(), content, token.singleWord(), token.lstrip(), token.rstrip(), true,
                        token.special()));
            } else {
                raw.add(token);
            }
        }
        rawMatcher = new AddedTokenMatcher(raw);
        normalizedMatcher = new AddedTokenMatcher(normalized);
    }

    /**
     * The tokenizer of a checkpoint folder or of a tokenizer.json; a tokenizer_config.json beside it is read too (bos and eos token,
     * added tokens that tokenizer.json lacks, split_special_tokens).
     *
     * @throws TokenizerFormatException if a file is missing, unreadable, malformed or asks for something that is not supported
     */
    public static Tokenizer load(Path directoryOrTokenizerJson) {
        return new Tokenizer(TokenizerJsonReader.read(directoryOrTokenizerJson));
    }

    /**
     * The tokenizer of files that lie in memory.
     *
     * @param source what messages call tokenizer.json
     * @param tokenizerJson the bytes of tokenizer.json
     * @param configJson the bytes of tokenizer_config.json; null for none
     * @throws TokenizerFormatException if one is malformed or asks for something that is not supported
     */
    public static Tokenizer load(String source, byte[] tokenizerJson, byte[] configJson) {
        return new Tokenizer(TokenizerJsonReader.read(source, tokenizerJson, source + ": tokenizer_config.json", configJson));
    }

    /**
     * The tokenizer that the {@code tokenizer.ggml.*} metadata of a GGUF file describes. Values are strings, numbers, booleans and
     * lists of them; the map is not kept.
     *
     * @throws TokenizerFormatException if a key is missing or malformed, or names a model or split that is not supported
     */
    public static Tokenizer fromGguf(Map<String, Object> metadata) {
        return new Tokenizer(GgufTokenizerReader.read(metadata));
    }

    /** The ids of a text; added tokens written in it become those tokens, unless tokenizer_config.json splits special ones. */
    public int[] encode(String text) {
        return encode(text, !splitSpecialTokens);
    }

    /**
     * The ids of a text.
     *
     * @param parseSpecialTokens false: the text of special tokens is ordinary text (protection against injected control tokens);
     *     added tokens that are not special, such as Qwen's {@code <think>}, are matched in any case
     */
    public int[] encode(String text, boolean parseSpecialTokens) {
        Encoding encoding = new Encoding(text.length(), parseSpecialTokens);
        encoding.encode(text);
        return encoding.out.toArray();
    }

    /** As {@link #encode(String)} with the ids that the post-processor puts around a text: a BOS, or an embedding model's last token. */
    public int[] encodeWithSpecialTokens(String text) {
        Encoding encoding = new Encoding(text.length(), !splitSpecialTokens);
        encoding.out.addAll(affixes.prefixIds(), 0, affixes.prefixIds().length);
        encoding.encode(text);
        encoding.out.addAll(affixes.suffixIds(), 0, affixes.suffixIds().length);
        return encoding.out.toArray();
    }

    /**
     * The text of a sequence of ids. Ill-formed UTF-8 becomes U+FFFD; an id without text (unused rows of the embedding) gives nothing.
     *
     * @param skipSpecialTokens whether to leave special tokens out
     * @throws IllegalArgumentException if an id is negative
     */
    public String decode(int[] ids, boolean skipSpecialTokens) {
        StringBuilder text = new StringBuilder(ids.length * 4);
        Utf8Decoder decoder = new Utf8Decoder();
        for (int id : ids) {
            decodeInto(id, skipSpecialTokens, decoder, text);
        }
        decoder.finish(text);
        return text.toString();
    }

    /** A new converter of ids to text, one id at a time. */
    public StreamingDetokenizer detokenizer(boolean skipSpecialTokens) {
        return new StreamingDetokenizer(this, skipSpecialTokens);
    }

    /**
     * The bytes that a token stands for, possibly a part of a character; for added tokens their text in UTF-8. Empty for an id
     * without text.
     *
     * @throws IllegalArgumentException if {@code id} is negative
     */
    public byte[] tokenBytes(int id) {
        checkId(id);
        return vocabulary.bytes(id);
    }

    /** Whether {@code id} is an added token marked special; false for any other number. */
    public boolean isSpecial(int id) {
        return id >= 0 && specialIds.get(id);
    }

    /** The id of a token by its text as the vocabulary writes it (a space is U+0120 there) or by the text of an added token. */
    public OptionalInt idOf(String tokenText) {
        Integer added = addedIds.get(tokenText);
        int id = added != null ? added : vocabulary.find(tokenText, new Vocabulary.TextBytes());
        return id >= 0 ? OptionalInt.of(id) : OptionalInt.empty();
    }

    /** One more than the largest id that has text; the embedding may have more rows. */
    public int size() {
        return vocabulary.size();
    }

    /** The id of the beginning-of-text token, if the tokenizer names one. */
    public OptionalInt bosId() {
        return bosId;
    }

    /** The id of the end-of-text token, if the tokenizer names one. */
    public OptionalInt eosId() {
        return eosId;
    }

    /** Whether {@link #encodeWithSpecialTokens} begins with the beginning-of-text token. */
    public boolean addBos() {
        int[] prefix = affixes.prefixIds();
        return bosId.isPresent() && prefix.length > 0 && prefix[0] == bosId.getAsInt();
    }

    void decodeInto(int id, boolean skipSpecialTokens, Utf8Decoder decoder, StringBuilder text) {
        checkId(id);
        if (!skipSpecialTokens || !specialIds.get(id)) {
            vocabulary.decode(id, decoder, text);
        }
    }

    private static void checkId(int id) {
        if (id < 0) {
            throw new IllegalArgumentException("expected a token id of 0 or more, got " + id);
        }
    }

    /** One call's state: what it has produced, and buffers reused from piece to piece. */
    private final class Encoding {
        private final IntArrayBuilder out;
        private final boolean parseSpecialTokens;
        private char[] chars = new char[0];
        private BytePairEncoder.Scratch scratch;

        Encoding(int textLength, boolean parseSpecialTokens) {
            this.out = new IntArrayBuilder(textLength / 3 + 8);
            this.parseSpecialTokens = parseSpecialTokens;
        }

        void encode(String text) {
            rawMatcher.split(text, parseSpecialTokens, new AddedTokenMatcher.Sink() {
                @Override
                public void text(int from, int to) {
                    encodeUnnormalized(text.substring(from, to));
                }

                @Override
                public void token(int id) {
                    out.add(id);
                }
            });
        }

        private void encodeUnnormalized(String piece) {
            String text = pipeline.nfc() ? NfcNormalizer.normalize(piece) : piece;
            if (normalizedMatcher.isEmpty()) {
                encodePlain(text, 0, text.length());
                return;
            }
            normalizedMatcher.split(text, parseSpecialTokens, new AddedTokenMatcher.Sink() {
                @Override
                public void text(int from, int to) {
                    encodePlain(text, from, to);
                }

                @Override
                public void token(int id) {
                    out.add(id);
                }
            });
        }

        private void encodePlain(String text, int from, int to) {
            int start = pipeline.addPrefixSpace() && text.charAt(from) != ' ' ? 1 : 0;
            int length = to - from + start;
            if (chars.length < length) {
                chars = new char[length];
            }
            chars[0] = ' ';
            text.getChars(from, to, chars, start);
            split(0, 0, length);
        }

        private void split(int stage, int from, int to) {
            Splitter splitter = splitters[stage];
            boolean last = stage + 1 == splitters.length;
            char[] text = chars;
            for (int pos = from; pos < to; ) {
                int stop = splitter.next(text, pos, to);
                if (last) {
                    encodePretoken(text, pos, stop);
                } else {
                    split(stage + 1, pos, stop);
                }
                pos = stop;
            }
        }

        private void encodePretoken(char[] text, int from, int to) {
            if (to - from > PretokenCache.MAX_CHARS) {
                encoder.encode(text, from, to, scratch(), out);
                return;
            }
            int hash = PretokenCache.hash(text, from, to);
            int[] known = cache.find(hash, text, from, to);
            if (known != null) {
                out.addAll(known, 0, known.length);
                return;
            }
            int before = out.size();
            encoder.encode(text, from, to, scratch(), out);
            cache.add(hash, text, from, to, out.toArray(before));
        }

        private BytePairEncoder.Scratch scratch() {
            if (scratch == null) {
                scratch = new BytePairEncoder.Scratch();
            }
            return scratch;
        }
    }
}
