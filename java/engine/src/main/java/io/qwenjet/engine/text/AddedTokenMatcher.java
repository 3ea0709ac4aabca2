// SPDX-License-Identifier: Apache-2.0
// Cuts a text at its added tokens: leftmost match first, the longest of those that start at one place, by a trie over chars.
package io.qwenjet.engine.text;

import java.util.Arrays;
import java.util.List;

final class AddedTokenMatcher {
    /** Receives the parts of the text in order. */
    interface Sink {
        void text(int from, int to);

        void token(int id);
    }

    private static final int NO_TOKEN = -1;

    private final AddedToken[] tokens;
    /** (node << 16 | char) to the child node; the root is node 0. */
    private final LongMap children;

    /** Index into tokens of the token that ends at a node. */
    private final int[] tokenAtNode;

    private final boolean[] startsToken;
    /** The only char that tokens start with, or -1: that case, the usual one, is searched by String.indexOf. */
    private final int onlyFirstChar;

    AddedTokenMatcher(List<AddedToken> added) {
        tokens = added.toArray(new AddedToken[0]);
        children = new LongMap(tokens.length * 8);
        startsToken = new boolean[tokens.length == 0 ? 0 : 0x10000];
        int[] ends = new int[16];
        Arrays.fill(ends, NO_TOKEN);
        int numNodes = 1;
        int first = -1;
        for (int t = 0; t < tokens.length; t++) {
            String content = tokens[t].content();
            int node = 0;
            for (int i = 0; i < content.length(); i++) {
                long key = key(node, content.charAt(i));
                long child = children.get(key);
                if (child == LongMap.ABSENT) {
                    child = numNodes++;
                    children.put(key, child);
                    if (child >= ends.length) {
                        int before = ends.length;
                        ends = Arrays.copyOf(ends, before * 2);
                        Arrays.fill(ends, before, ends.length, NO_TOKEN);
                    }
                }
                node = (int) child;
            }
            ends[node] = t;
            startsToken[content.charAt(0)] = true;
            first = t == 0 || first == content.charAt(0) ? content.charAt(0) : -2;
        }
        tokenAtNode = ends;
        onlyFirstChar = first;
    }

    boolean isEmpty() {
        return tokens.length == 0;
    }

    /** Hands over all of {@code text}; with {@code parseSpecial} false the special tokens in it count as text. */
    void split(String text, boolean parseSpecial, Sink sink) {
        int done = 0;
        int at = tokens.length == 0 ? -1 : nextCandidate(text, 0);
        while (at >= 0) {
            int found = NO_TOKEN;
            int foundEnd = at;
            int node = 0;
            for (int i = at; i < text.length(); i++) {
                long child = children.get(key(node, text.charAt(i)));
                if (child == LongMap.ABSENT) {
                    break;
                }
                node = (int) child;
                if (tokenAtNode[node] != NO_TOKEN) {
                    found = tokenAtNode[node];
                    foundEnd = i + 1;
                }
            }
            if (found == NO_TOKEN) {
                at = nextCandidate(text, at + 1);
                continue;
            }
            AddedToken token = tokens[found];
            if (at >= done && (parseSpecial || !token.special()) && (!token.singleWord() || standsAlone(text, at, foundEnd))) {
                int start = token.lstrip() ? Math.max(skipSpaceBackward(text, at), done) : at;
                if (done < start) {
                    sink.text(done, start);
                }
                sink.token(token.id());
                done = token.rstrip() ? skipSpace(text, foundEnd) : foundEnd;
            }
            at = nextCandidate(text, foundEnd);
        }
        if (done < text.length()) {
            sink.text(done, text.length());
        }
    }

    private int nextCandidate(String text, int from) {
        if (onlyFirstChar >= 0) {
            return text.indexOf(onlyFirstChar, from);
        }
        for (int i = from; i < text.length(); i++) {
            if (startsToken[text.charAt(i)]) {
                return i;
            }
        }
        return -1;
    }

    private static long key(int node, char c) {
        return (long) node << 16 | c;
    }

    private static boolean standsAlone(String text, int from, int to) {
        return (from == 0 || !isWord(text.codePointBefore(from))) && (to == text.length() || !isWord(text.codePointAt(to)));
    }

    /** {@code \w} of Unicode's regular expressions. */
    private static boolean isWord(int codePoint) {
        int type = Character.getType(codePoint);
        return Character.isAlphabetic(codePoint) || CodePoints.classOf(codePoint) == CodePoints.MARK
                || CodePoints.classOf(codePoint) == CodePoints.LETTER || type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.CONNECTOR_PUNCTUATION || codePoint == 0x200C || codePoint == 0x200D;
    }

    private static int skipSpace(String text, int from) {
        while (from < text.length() && (CodePoints.classOf(text.charAt(from)) & CodePoints.SPACE) != 0) {
            from++;
        }
        return from;
    }

    private static int skipSpaceBackward(String text, int to) {
        while (to > 0 && (CodePoints.classOf(text.charAt(to - 1)) & CodePoints.SPACE) != 0) {
            to--;
        }
        return to;
    }
}
