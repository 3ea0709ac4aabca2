// SPDX-License-Identifier: Apache-2.0
// Separates the think block from the answer. Where the vocabulary has tokens for the tags only those tokens count:
// a model that writes about "</think>" in ordinary tokens does not end its block. Tags are marked at raw text offsets,
// so that a stage before this one may hold text back.
package io.qwenjet.engine.output;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Turns generated text into reasoning and content, as it arrives.
 *
 * <p>A think block opens at the start of the output (white space before it is dropped) or is already open at the end of
 * the prompt, and ends at the first closing tag. Line breaks around reasoning and before the content that follows it
 * are dropped. An unclosed block is reasoning to the end; a tag anywhere else is content. Not safe for use by several
 * threads.
 */
public final class ReasoningParser {
    private static final String OPEN = "<think>";
    private static final String CLOSE = "</think>";

    private enum Mode { TOKENS, TEXT, OFF }

    private enum State { START, REASONING, CONTENT }

    private record Mark(long begin, String literal, boolean opens) {}

    private final Mode mode;
    private final int openId;
    private final int closeId;
    private final Deque<Mark> marks = new ArrayDeque<>();
    private final StringBuilder held = new StringBuilder();
    private String partialTag = "";
    private long seen;
    private long released;
    private State state;
    private boolean atStart = true;
    private boolean dropsLeadingBreaks;

    private ReasoningParser(Mode mode, int openId, int closeId, boolean startsOpen) {
        this.mode = mode;
        this.openId = openId;
        this.closeId = closeId;
        this.state = mode == Mode.OFF ? State.CONTENT : startsOpen ? State.REASONING : State.START;
        this.dropsLeadingBreaks = state == State.REASONING;
    }

    /**
     * Returns a parser for a vocabulary with tokens for both tags.
     *
     * @param startsOpen whether the prompt ended inside an open think block
     */
    public static ReasoningParser byToken(int openId, int closeId, boolean startsOpen) {
        return new ReasoningParser(Mode.TOKENS, openId, closeId, startsOpen);
    }

    /** Returns a parser that finds the tags in the text, for vocabularies without tokens for them. */
    public static ReasoningParser byText(boolean startsOpen) {
        return new ReasoningParser(Mode.TEXT, -1, -1, startsOpen);
    }

    /** Returns a parser for models that do not think: everything is content. */
    public static ReasoningParser off() {
        return new ReasoningParser(Mode.OFF, -1, -1, false);
    }

    /** Returns the parts that are certain after one more token and the text that it completed (possibly empty). */
    public List<OutputPart> accept(int tokenId, String piece) {
        mark(tokenId, piece);
        return release(piece);
    }

    /** Notes where in the raw text a tag token stands; the same text has to come through release later. */
    void mark(int tokenId, String piece) {
        if (mode == Mode.TOKENS && (tokenId == openId || tokenId == closeId)) {
            boolean opens = tokenId == openId;
            int at = piece.lastIndexOf(opens ? OPEN : CLOSE);
            // A vocabulary may declare its tags special; then they have a place in the text but no characters.
            marks.add(at < 0 ? new Mark(seen + piece.length(), "", opens) : new Mark(seen + at, opens ? OPEN : CLOSE, opens));
        }
        seen += piece.length();
    }

    List<OutputPart> release(String text) {
        List<OutputPart> parts = new ArrayList<>();
        int from = 0;
        if (mode == Mode.TEXT) {
            acceptTagText(text, parts);
            return parts;
        }
        if (marks.isEmpty()) {
            onText(text, parts);
            released += text.length();
            return parts;
        }
        while (true) {
            Mark next = marks.peek();
            long until = next == null ? Long.MAX_VALUE : next.begin();
            if (until > released) {
                int count = (int) Math.min(text.length() - from, until - released);
                onText(text.substring(from, from + count), parts);
                from += count;
                released += count;
            }
            if (next == null || next.begin() > released) {
                return parts;
            }
            int done = (int) (released - next.begin());
            int count = Math.min(text.length() - from, next.literal().length() - done);
            from += count;
            released += count;
            if (done + count < next.literal().length()) {
                return parts;
            }
            marks.remove();
            onTag(next.opens(), next.literal(), parts);
        }
    }

    /** Returns what is left; call it once, when generation has ended. */
    public List<OutputPart> finish() {
        List<OutputPart> parts = new ArrayList<>();
        Mark cut = marks.peek();
        if (cut != null && cut.begin() < released) {
            onText(cut.literal().substring(0, (int) (released - cut.begin())), parts);
        }
        marks.clear();
        onText(partialTag, parts);
        partialTag = "";
        String rest = takeHeld();
        if (state == State.START && !rest.isEmpty()) {
            parts.add(new OutputPart.Content(rest));
        }
        return parts;
    }

    private void onText(String text, List<OutputPart> parts) {
        if (text.isEmpty()) {
            return;
        }
        switch (state) {
            case START -> {
                held.append(text);
                if (!held.toString().isBlank()) {
                    state = State.CONTENT;
                    emitContent(takeHeld(), parts);
                }
            }
            case REASONING -> {
                // Line breaks at the end wait: they belong to the reasoning only if more of it follows.
                String all = takeHeld() + text;
                int begin = 0;
                while (dropsLeadingBreaks && begin < all.length() && all.charAt(begin) == '\n') {
                    begin++;
                }
                int end = all.length();
                while (end > begin && all.charAt(end - 1) == '\n') {
                    end--;
                }
                held.append(all, end, all.length());
                if (end > begin) {
                    dropsLeadingBreaks = false;
                    atStart = false;
                    parts.add(new OutputPart.Reasoning(all.substring(begin, end)));
                }
            }
            default -> emitContent(text, parts);
        }
    }

    private String takeHeld() {
        String text = held.toString();
        held.setLength(0);
        return text;
    }

    private void emitContent(String text, List<OutputPart> parts) {
        int begin = 0;
        while (dropsLeadingBreaks && begin < text.length() && text.charAt(begin) == '\n') {
            begin++;
        }
        if (begin < text.length()) {
            dropsLeadingBreaks = false;
            parts.add(new OutputPart.Content(text.substring(begin)));
        }
    }

    private void onTag(boolean opens, String literal, List<OutputPart> parts) {
        if (state == State.CONTENT) {
            emitContent(literal, parts);
        } else if (!opens) {
            held.setLength(0);
            state = State.CONTENT;
            dropsLeadingBreaks = true;
        } else if (state == State.START || atStart) {
            // A model may repeat the tag that the prompt already ended with.
            held.setLength(0);
            state = State.REASONING;
            dropsLeadingBreaks = true;
        } else {
            onText(literal, parts);
        }
        atStart = false;
    }

    /** Text mode: cuts at whole tags and keeps what may become one; in content no tag means anything. */
    private void acceptTagText(String text, List<OutputPart> parts) {
        String rest = partialTag + text;
        partialTag = "";
        while (state != State.CONTENT) {
            int open = rest.indexOf(OPEN);
            int close = rest.indexOf(CLOSE);
            boolean opens = open >= 0 && (close < 0 || open < close);
            int at = opens ? open : close;
            if (at < 0) {
                break;
            }
            String literal = opens ? OPEN : CLOSE;
            onText(rest.substring(0, at), parts);
            onTag(opens, literal, parts);
            rest = rest.substring(at + literal.length());
        }
        int keep = state == State.CONTENT ? 0 : Math.max(prefixAtEnd(rest, OPEN), prefixAtEnd(rest, CLOSE));
        partialTag = rest.substring(rest.length() - keep);
        onText(rest.substring(0, rest.length() - keep), parts);
    }

    /** Length of the longest proper beginning of the tag that the text ends with. */
    static int prefixAtEnd(CharSequence text, String tag) {
        for (int length = Math.min(tag.length() - 1, text.length()); length > 0; length--) {
            if (tag.contentEquals(text.subSequence(text.length() - length, text.length()) + tag.substring(length))) {
                return length;
            }
        }
        return 0;
    }

    /** A finished output in two parts; reasoning is empty where there is none. */
    public record Split(String reasoning, String content) {}

    /**
     * Returns a finished output split at its last closing tag, which is the rule for whole texts; it differs from the
     * streamed parts only where a model closes the block twice.
     *
     * @param tokenIds generated ids
     * @param pieces text of each id, in the same order
     * @throws IllegalArgumentException if the two lists differ in length
     */
    public static Split splitWhole(List<Integer> tokenIds, List<String> pieces, int openId, int closeId, boolean startsOpen) {
        if (tokenIds.size() != pieces.size()) {
            throw new IllegalArgumentException(tokenIds.size() + " token ids but " + pieces.size() + " pieces");
        }
        StringBuilder text = new StringBuilder();
        int firstOpen = -1;
        int lastClose = -1;
        for (int i = 0; i < pieces.size(); i++) {
            int begin = text.length();
            text.append(pieces.get(i));
            if (tokenIds.get(i) == openId && firstOpen < 0 && text.substring(0, begin).isBlank()) {
                firstOpen = text.length();
            } else if (tokenIds.get(i) == closeId) {
                lastClose = text.length();
            }
        }
        String all = text.toString();
        int begin = Math.max(0, firstOpen);
        if (lastClose >= 0) {
            String before = all.substring(begin, lastClose);
            before = before.endsWith(CLOSE) ? before.substring(0, before.length() - CLOSE.length()) : before;
            return new Split(trimBreaks(before, true), trimBreaks(all.substring(lastClose), false));
        }
        boolean isOpen = startsOpen || firstOpen >= 0;
        return isOpen ? new Split(trimBreaks(all.substring(begin), true), "") : new Split("", all);
    }

    private static String trimBreaks(String text, boolean bothEnds) {
        int begin = 0;
        int end = text.length();
        while (begin < end && text.charAt(begin) == '\n') {
            begin++;
        }
        while (bothEnds && end > begin && text.charAt(end - 1) == '\n') {
            end--;
        }
        return text.substring(begin, end);
    }
}
