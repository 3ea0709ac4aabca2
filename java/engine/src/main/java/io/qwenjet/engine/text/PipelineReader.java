// SPDX-License-Identifier: Apache-2.0
// Interprets the small sections of tokenizer.json: added tokens, normaliser, pre-tokeniser, post-processor, decoder. What a section
// may ask for is a closed list; anything else is an error that names it, since a wrong split gives plausible but wrong ids.
package io.qwenjet.engine.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

final class PipelineReader {
    private final String source;

    PipelineReader(String source) {
        this.source = source;
    }

    List<AddedToken> addedTokens(JsonNode section) {
        List<AddedToken> added = new ArrayList<>();
        if (isAbsent(section)) {
            return added;
        }
        require(section.isArray(), "an array for added_tokens", section);
        for (JsonNode item : section) {
            JsonNode id = item.get("id");
            require(id != null && id.isIntegralNumber() && id.canConvertToLong(), "an integer id in added_tokens", item);
            addedToken(id.longValue(), item).ifPresent(added::add);
        }
        return added;
    }

    /** Empty for a token without text: it can match nothing. */
    Optional<AddedToken> addedToken(long id, JsonNode item) {
        require(item.isObject(), "an object for an added token", item);
        JsonNode content = item.get("content");
        require(content != null && content.isTextual(), "a string content of an added token", item);
        if (id < 0 || id >= Vocabulary.MAX_IDS) {
            throw TokenizerFormatException.expected(source, "token ids from 0 to " + (Vocabulary.MAX_IDS - 1), id + " for an added token");
        }
        if (content.textValue().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new AddedToken((int) id, content.textValue(), flag(item, "single_word", false), flag(item, "lstrip", false),
                flag(item, "rstrip", false), flag(item, "normalized", false), flag(item, "special", false)));
    }

    TokenizerParts.Pipeline pipeline(JsonNode normalizer, JsonNode preTokenizer) {
        boolean nfc = false;
        for (JsonNode step : steps(normalizer, "normalizers", "normalizer")) {
            String type = type(step, "normalizer");
            if (!type.equals("NFC")) {
                throw TokenizerFormatException.expected(source, "normalizer NFC or none", type);
            }
            nfc = true;
        }
        List<JsonNode> stages = steps(preTokenizer, "pretokenizers", "pre_tokenizer");
        List<Splitter> splitters = new ArrayList<>();
        boolean addPrefixSpace = false;
        boolean hasByteLevel = false;
        for (JsonNode stage : stages) {
            String type = type(stage, "pre_tokenizer");
            if (hasByteLevel) {
                throw TokenizerFormatException.expected(source, "ByteLevel as the last pre_tokenizer", type + " after it");
            }
            switch (type) {
                case "Split" -> splitters.add(splitter(stage));
                case "Digits" -> splitters.add(new Splitter.Numbers(flag(stage, "individual_digits", false)));
                case "ByteLevel" -> {
                    hasByteLevel = true;
                    addPrefixSpace = flag(stage, "add_prefix_space", true);
                    if (addPrefixSpace && !splitters.isEmpty()) {
                        throw TokenizerFormatException.expected(source, "add_prefix_space false in a ByteLevel after other stages", "true");
                    }
                    if (flag(stage, "use_regex", true)) {
                        splitters.add(new Splitter.SpacedWords());
                    }
                }
                default -> throw TokenizerFormatException.expected(source, "pre_tokenizer Split, Digits or ByteLevel", type);
            }
        }
        if (!hasByteLevel || splitters.isEmpty()) {
            throw TokenizerFormatException.expected(source, "a pre_tokenizer that splits and ends in ByteLevel",
                    isAbsent(preTokenizer) ? "none" : preTokenizer.toString());
        }
        return new TokenizerParts.Pipeline(nfc, List.copyOf(splitters), addPrefixSpace);
    }

    private Splitter splitter(JsonNode split) {
        JsonNode pattern = split.path("pattern").path("Regex");
        require(pattern.isTextual(), "a Split with a Regex pattern", split);
        Splitter splitter = SplitPatterns.ofRegex(pattern.textValue())
                .orElseThrow(() -> TokenizerFormatException.expected(source, "a known split pattern (of Qwen, Llama 3 or GPT-2)",
                        pattern.textValue()));
        String behavior = split.path("behavior").asText();
        boolean invert = flag(split, "invert", false);
        // "Remove what does not match" is the same for patterns that match everything.
        boolean keepsMatches = behavior.equals("Removed") && invert && !(splitter instanceof Splitter.Numbers);
        if (!keepsMatches && (!behavior.equals("Isolated") || invert)) {
            throw TokenizerFormatException.expected(source, "split behavior Isolated, not inverted", behavior + ", invert " + invert);
        }
        return splitter;
    }

    void checkDecoder(JsonNode decoder) {
        for (JsonNode step : steps(decoder, "decoders", "decoder")) {
            String type = type(step, "decoder");
            if (!type.equals("ByteLevel")) {
                throw TokenizerFormatException.expected(source, "decoder ByteLevel", type);
            }
        }
    }

    TokenizerParts.Affixes affixes(JsonNode postProcessor, Vocabulary vocabulary) {
        IntArrayBuilder prefix = new IntArrayBuilder(2);
        IntArrayBuilder suffix = new IntArrayBuilder(2);
        boolean hasTemplate = false;
        for (JsonNode step : steps(postProcessor, "processors", "post_processor")) {
            String type = type(step, "post_processor");
            if (type.equals("ByteLevel")) {
                continue; // concerns offsets only
            }
            if (!type.equals("TemplateProcessing") || hasTemplate) {
                throw TokenizerFormatException.expected(source, "post_processor ByteLevel and at most one TemplateProcessing", type);
            }
            hasTemplate = true;
            readTemplate(step, vocabulary, prefix, suffix);
        }
        return new TokenizerParts.Affixes(prefix.toArray(), suffix.toArray());
    }

    private void readTemplate(JsonNode template, Vocabulary vocabulary, IntArrayBuilder prefix, IntArrayBuilder suffix) {
        JsonNode single = template.path("single");
        require(single.isArray(), "an array for the template's single", single);
        boolean afterText = false;
        for (JsonNode item : single) {
            if (item.has("Sequence")) {
                require(!afterText && item.path("Sequence").path("id").asText().equals("A"), "one sequence A in the template", single);
                afterText = true;
                continue;
            }
            JsonNode name = item.path("SpecialToken").path("id");
            require(name.isTextual(), "SpecialToken or Sequence in the template", item);
            JsonNode ids = template.path("special_tokens").path(name.textValue()).path("ids");
            require(ids.isArray(), "ids of the template's token \"" + TokenizerFormatException.shorten(name.textValue()) + "\"", ids);
            for (JsonNode id : ids) {
                require(id.isInt() && vocabulary.contains(id.intValue()), "an id of the vocabulary in the template", id);
                (afterText ? suffix : prefix).add(id.intValue());
            }
        }
        require(afterText, "sequence A in the template", single);
    }

    /** A section as the list of its steps: none for null, the members of a Sequence (which may nest), or the section itself. */
    private List<JsonNode> steps(JsonNode section, String membersField, String what) {
        List<JsonNode> steps = new ArrayList<>();
        if (!isAbsent(section)) {
            collectSteps(section, membersField, what, steps);
        }
        return steps;
    }

    private void collectSteps(JsonNode node, String membersField, String what, List<JsonNode> steps) {
        if (!type(node, what).equals("Sequence")) {
            steps.add(node);
            return;
        }
        JsonNode members = node.path(membersField);
        require(members.isArray(), "an array " + membersField + " in a Sequence", node);
        for (JsonNode member : members) {
            collectSteps(member, membersField, what, steps);
        }
    }

    private String type(JsonNode node, String what) {
        JsonNode type = node.path("type");
        require(type.isTextual(), "an object with a type for " + what, node);
        return type.textValue();
    }

    boolean flag(JsonNode node, String field, boolean absent) {
        JsonNode value = node.get(field);
        if (isAbsent(value)) {
            return absent;
        }
        require(value.isBoolean(), "true or false for " + field, value);
        return value.booleanValue();
    }

    /** A special token's text, given as a string or as an object with its content; null if there is none. */
    String tokenName(JsonNode config, String field) {
        JsonNode value = config.get(field);
        if (isAbsent(value)) {
            return null;
        }
        JsonNode content = value.isObject() ? value.path("content") : value;
        require(content.isTextual(), "a token's text for " + field, value);
        return content.textValue();
    }

    void require(boolean holds, String expected, JsonNode got) {
        if (!holds) {
            throw TokenizerFormatException.expected(source, expected, kind(got));
        }
    }

    /** A short account of a value: itself, or for objects and arrays their beginning. */
    static String kind(JsonNode node) {
        return node.isMissingNode() ? "nothing" : node.isContainerNode() && node.size() > 16 ? node.getNodeType() + " of "
                + node.size() : node.toString();
    }

    private static boolean isAbsent(JsonNode node) {
        return node == null || node.isNull() || node.isMissingNode();
    }
}
