// SPDX-License-Identifier: Apache-2.0
// Finds merges in words with counts: pair counts are kept up to date word by word, and a heap of
// candidates is checked against them when one comes to the top, so that a merge costs only the words
// that hold its pair.
package io.qwenjet.train.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

final class MergeLearner {
  /** A word as the ids of its pieces. */
  private static final class Word {
    int[] ids;
    int length;
    final long count;

    Word(int[] ids, long count) {
      this.ids = ids;
      this.length = ids.length;
      this.count = count;
    }
  }

  private static final class Pair {
    long count;
    final IntList words = new IntList(4);
  }

  private record Candidate(long count, int left, int right) implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      int order = Long.compare(other.count, count);
      if (order == 0) {
        order = Integer.compare(left, other.left);
      }
      return order != 0 ? order : Integer.compare(right, other.right);
    }
  }

  private final List<Word> words = new ArrayList<>();
  private final Map<Long, Pair> pairs = new HashMap<>();
  private final PriorityQueue<Candidate> heap = new PriorityQueue<>();
  private final List<byte[]> tokens = new ArrayList<>();
  private final IntList left = new IntList();
  private final IntList right = new IntList();
  private final IntList completed = new IntList();
  private final Set<String> banned;

  /**
   * Starts with bytes only.
   *
   * @param counted words in UTF-8 with their counts, in an order that does not change results
   * @param banned texts, in the byte alphabet, that must not become entries
   */
  MergeLearner(Map<String, Long> counted, Set<String> banned) {
    this.banned = banned;
    byte[][] bytes = new byte[BpeModel.NUM_BYTES][];
    for (int b = 0; b < BpeModel.NUM_BYTES; b++) {
      bytes[BpeModel.byteId(b)] = new byte[] {(byte) b};
    }
    tokens.addAll(List.of(bytes));
    for (Map.Entry<String, Long> entry : counted.entrySet()) {
      char[] chars = entry.getKey().toCharArray();
      byte[] utf8 = BpeEncoder.utf8(chars, 0, chars.length);
      int[] ids = new int[utf8.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = BpeModel.byteId(utf8[i]);
      }
      Word word = new Word(ids, entry.getValue());
      int index = words.size();
      words.add(word);
      addPairs(word, index);
      if (word.length == 1) {
        completed.add(index);
      }
    }
    pairs.forEach((key, pair) -> offer(key, pair));
  }

  int numMerges() {
    return left.size();
  }

  IntList left() {
    return left;
  }

  IntList right() {
    return right;
  }

  /** Returns the words that are one entry by now, by their place in the map given. */
  IntList completed() {
    return completed;
  }

  /** Returns the first piece of a word. */
  int firstId(int word) {
    return words.get(word).ids[0];
  }

  byte[] bytes(int id) {
    return tokens.get(id);
  }

  /** Returns the count of the best pair that is allowed, or 0. */
  long bestCount() {
    while (!heap.isEmpty()) {
      Candidate top = heap.peek();
      Pair pair = pairs.get(PairMap.key(top.left, top.right));
      long count = pair == null ? 0 : pair.count;
      if (count == top.count && !isBanned(top)) {
        return count;
      }
      heap.poll();
      if (count > 0 && count < top.count) {
        heap.add(new Candidate(count, top.left, top.right));
      }
    }
    return 0;
  }

  /** Merges the best pair; call after {@link #bestCount()} gave more than 0. */
  void mergeBest() {
    Candidate best = heap.poll();
    merge(best.left, best.right);
  }

  /** Makes a pair an entry, whatever its count; returns its id. */
  int merge(int first, int second) {
    int id = tokens.size();
    tokens.add(BpeModel.concat(tokens.get(first), tokens.get(second)));
    left.add(first);
    right.add(second);
    Pair pair = pairs.remove(PairMap.key(first, second));
    if (pair == null) {
      return id;
    }
    Set<Long> grown = new java.util.HashSet<>();
    for (int i = 0; i < pair.words.size(); i++) {
      int index = pair.words.get(i);
      Word word = words.get(index);
      int at = find(word, first, second);
      if (at < 0) {
        continue;
      }
      removePairs(word);
      int to = at;
      for (int from = at; from < word.length; from++) {
        if (from + 1 < word.length && word.ids[from] == first && word.ids[from + 1] == second) {
          word.ids[to++] = id;
          from++;
        } else {
          word.ids[to++] = word.ids[from];
        }
      }
      word.length = to;
      addPairs(word, index);
      if (to == 1) {
        completed.add(index);
      }
      for (int k = 0; k + 1 < word.length; k++) {
        if (word.ids[k] == id || word.ids[k + 1] == id) {
          grown.add(PairMap.key(word.ids[k], word.ids[k + 1]));
        }
      }
    }
    pairs.remove(PairMap.key(first, second));
    for (long key : grown) {
      Pair made = pairs.get(key);
      if (made != null) {
        offer(key, made);
      }
    }
    return id;
  }

  private boolean isBanned(Candidate pair) {
    return !banned.isEmpty()
        && banned.contains(
            BpeModel.text(BpeModel.concat(tokens.get(pair.left), tokens.get(pair.right))));
  }

  private void offer(long key, Pair pair) {
    if (pair.count > 0) {
      heap.add(new Candidate(pair.count, (int) (key >>> 32), (int) key));
    }
  }

  private static int find(Word word, int first, int second) {
    for (int i = 0; i + 1 < word.length; i++) {
      if (word.ids[i] == first && word.ids[i + 1] == second) {
        return i;
      }
    }
    return -1;
  }

  private void addPairs(Word word, int index) {
    for (int i = 0; i + 1 < word.length; i++) {
      Pair pair =
          pairs.computeIfAbsent(PairMap.key(word.ids[i], word.ids[i + 1]), key -> new Pair());
      pair.count += word.count;
      // A word is listed again after each of its merges: finding no pair there is cheap.
      if (pair.words.size() == 0 || pair.words.get(pair.words.size() - 1) != index) {
        pair.words.add(index);
      }
    }
  }

  private void removePairs(Word word) {
    for (int i = 0; i + 1 < word.length; i++) {
      Pair pair = pairs.get(PairMap.key(word.ids[i], word.ids[i + 1]));
      if (pair != null) {
        pair.count -= word.count;
      }
    }
  }
}
