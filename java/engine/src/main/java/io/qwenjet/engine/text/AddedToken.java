// SPDX-License-Identifier: Apache-2.0
// A token matched literally in the text before everything else, with the flags of tokenizer.json: singleWord (only where no word
// character touches it), lstrip and rstrip (takes the white space beside it), normalized (matched in the normalised text), special
// (left out of decoded text on request, and plain text where a request does not parse special tokens).
package io.qwenjet.engine.text;

record AddedToken(int id, String content, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {
    static AddedToken literal(int id, String content, boolean special) {
        return new AddedToken(id, content, false, false, false, false, special);
    }
}
