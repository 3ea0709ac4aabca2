// SPDX-License-Identifier: Apache-2.0
// Learns a byte-level BPE vocabulary (Sennrich et al., arXiv 1508.07909, on bytes) from text with the
// published Qwen3 split. Two things are our own: a word may take the space before it only as a whole
// and after all other merges, so that a name has the same pieces wherever it stands; and entries too
// rare to be learnt are banned and the merges learnt again, until every one is frequent enough.
package io.qwenjet.train.tokenizer;

import io.qwenjet.engine.text.Pretokenizer;
import io.qwenjet.train.tokenizer.BpeOptions.LeadingSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Learns a vocabulary from text. Results depend on the texts' content alone, not on their order. Not
 * safe for use by several threads at once; no argument may be null.
 */
public final class BpeTrainer {
  private static final int MAX_ROUNDS = 12;
  private static final int MAX_DROPOUT_SAMPLES = 256;

  private final BpeOptions options;
  private final PretokenCounts counts = new PretokenCounts();

  /** A space (or an apostrophe) and a whole word that may become one entry. */
  private record Join(long count, int lead, int word) {}

  /** In-word merges first, then joins in the order they were chosen. */
  private record Learned(BpeModel model, int numJoins, Set<String> forced) {}

  /**
   * A vocabulary and how it came about.
   *
   * @param model the vocabulary
   * @param report its entries' expected counts
   */
  public record Result(BpeModel model, BpeReport report) {}

  /** Makes a trainer without text. */
  public BpeTrainer(BpeOptions options) {
    this.options = Objects.requireNonNull(options, "options");
  }

  /**
   * Counts the words of a text without added tokens, all of it encoded with dropout in training.
   *
   * @param copied strings whose words do not count for merges, unless the options say otherwise
   */
  public void add(String text, List<String> copied) {
    String normalized = Pretokenizer.normalize(text);
    BitSet marked = CopiedSpans.mark(normalized, copied);
    char[] chars = normalized.toCharArray();
    for (int pos = 0; pos < chars.length; ) {
      int end = Pretokenizer.next(chars, pos, chars.length);
      int hit = marked.nextSetBit(pos);
      count(new String(chars, pos, end - pos), hit >= 0 && hit < end, true);
      pos = end;
    }
  }

  /**
   * Counts one pretoken in normalisation form C.
   *
   * @param isCopied whether it stands in a copied string
   * @param withDropout whether training encodes it with BPE-dropout, as what the model reads
   */
  public void count(String pretoken, boolean isCopied, boolean withDropout) {
    counts.add(pretoken, isCopied, withDropout);
  }

  /** Returns the vocabulary of the text so far. */
  public Result train() {
    Units units = Units.of(counts.words(), options);
    Set<String> banned = new HashSet<>();
    for (int round = 1; ; round++) {
      Learned learned = learn(units, banned);
      double[] expected = expectedCounts(learned.model);
      List<String> rare = new ArrayList<>();
      for (int id = BpeModel.NUM_BYTES; id < expected.length; id++) {
        String text = learned.model.text(id);
        if (expected[id] < options.minCount() && !learned.forced.contains(text)) {
          rare.add(text);
        }
      }
      if (rare.isEmpty() || round == MAX_ROUNDS) {
        BpeModel model = rare.isEmpty() ? learned.model : withoutRareEnds(learned.model, expected);
        double[] last = rare.isEmpty() ? expected : expectedCounts(model);
        return new Result(
            model,
            BpeReport.of(
                model, last, options.minCount(), learned.numJoins, round, banned.size()));
      }
      banned.addAll(rare);
    }
  }

  private Learned learn(Units units, Set<String> banned) {
    MergeLearner learner = new MergeLearner(units.counts(), banned);
    Set<String> forced = forceHan(units, learner);
    int budget = options.vocabSize() - BpeModel.NUM_BYTES - options.added().size();
    double least = Math.max(2, options.minCount() / options.trainingScale());
    PriorityQueue<Join> candidates =
        new PriorityQueue<>(
            Comparator.comparingLong((Join join) -> -join.count)
                .thenComparingInt(Join::lead)
                .thenComparingInt(Join::word));
    List<Join> joins = new ArrayList<>();
    int seen = 0;
    boolean full = false;
    while (!full) {
      full = true;
      while (learner.numMerges() + joins.size() < budget) {
        for (; seen < learner.completed().size(); seen++) {
          int word = learner.completed().get(seen);
          offer(units.afterSpace(word), ' ', learner.firstId(word), learner, banned, candidates);
          offer(units.contraction(word), '\'', learner.firstId(word), learner, banned, candidates);
        }
        long pair = learner.bestCount();
        Join join = candidates.peek();
        if (Math.max(pair, join == null ? 0 : join.count) < least) {
          break;
        }
        if (join != null && join.count >= pair) {
          joins.add(candidates.poll());
        } else {
          learner.mergeBest();
        }
      }
      // Whether a word is often the beginning of longer copied words shows only with all merges.
      if (joins.removeAll(prefixes(units, learner, joins))) {
        full = false;
      }
    }
    return new Learned(model(learner, joins), joins.size(), forced);
  }

  private static void offer(
      long count,
      char lead,
      int word,
      MergeLearner learner,
      Set<String> banned,
      PriorityQueue<Join> candidates) {
    byte[] joined = BpeModel.concat(new byte[] {(byte) lead}, learner.bytes(word));
    if (count > 0 && !banned.contains(BpeModel.text(joined))) {
      candidates.add(new Join(count, BpeModel.byteId(lead), word));
    }
  }

  private BpeModel model(MergeLearner learner, List<Join> joins) {
    int[] left = Arrays.copyOf(learner.left().toArray(), learner.numMerges() + joins.size());
    int[] right = Arrays.copyOf(learner.right().toArray(), left.length);
    for (int i = 0; i < joins.size(); i++) {
      left[learner.numMerges() + i] = joins.get(i).lead;
      right[learner.numMerges() + i] = joins.get(i).word;
    }
    return new BpeModel(left, right, options.added());
  }

  /** The joins whose word too often begins a longer copied word after a space. */
  private Set<Join> prefixes(Units units, MergeLearner learner, List<Join> joins) {
    BpeEncoder encoder = new BpeEncoder(model(learner, List.of()));
    Map<Integer, Long> longer = new HashMap<>();
    IntList ids = new IntList();
    units
        .copiedAfterSpace()
        .forEach(
            (word, count) -> {
              ids.clear();
              char[] chars = word.toCharArray();
              encoder.encodePretoken(chars, 0, chars.length, 0, null, ids);
              if (ids.size() > 1) {
                longer.merge(ids.get(0), count, Long::sum);
              }
            });
    Set<Join> failing = new HashSet<>();
    for (Join join : joins) {
      long others = longer.getOrDefault(join.word, 0L);
      // Names begin with a capital: there the limit is a tenth.
      boolean capital = learner.bytes(join.word)[0] < 'a';
      double share = options.spacePrefixShare() * (capital ? 0.1 : 1);
      if (join.lead == BpeModel.byteId(' ') && others > share * (join.count + others)) {
        failing.add(join);
      }
    }
    return failing;
  }

  /** Makes each frequent Han character an entry; those of three bytes need one of two on the way. */
  private Set<String> forceHan(Units units, MergeLearner learner) {
    Set<String> forced = new HashSet<>();
    Map<String, Integer> ids = new HashMap<>();
    int room = options.vocabSize() - BpeModel.NUM_BYTES - options.added().size();
    for (Map.Entry<Integer, Long> entry : units.han().entrySet()) {
      if (entry.getValue() * options.trainingScale() < options.minCount()
          || room - learner.numMerges() < 3) {
        continue;
      }
      char[] chars = Character.toChars(entry.getKey());
      byte[] bytes = BpeEncoder.utf8(chars, 0, chars.length);
      int id = BpeModel.byteId(bytes[0]);
      for (int n = 2; n <= bytes.length; n++) {
        String text = BpeModel.text(Arrays.copyOf(bytes, n));
        Integer made = ids.get(text);
        id = made != null ? made : learner.merge(id, BpeModel.byteId(bytes[n - 1]));
        ids.put(text, id);
        forced.add(text);
      }
    }
    return forced;
  }

  /** Expected number of times each entry occurs in training, with its BPE-dropout. */
  private double[] expectedCounts(BpeModel model) {
    BpeEncoder encoder = new BpeEncoder(model);
    double[] expected = new double[BpeModel.NUM_BYTES + model.numMerges()];
    IntList ids = new IntList();
    for (Map.Entry<String, PretokenCounts.Counts> entry : counts.words().entrySet()) {
      long all = entry.getValue().all();
      long dropped = options.dropout() > 0 ? entry.getValue().dropped : 0;
      char[] chars = entry.getKey().toCharArray();
      ids.clear();
      encoder.encodePretoken(chars, 0, chars.length, 0, null, ids);
      add(expected, ids, (all - dropped) * options.trainingScale());
      if (dropped > 0) {
        SplittableRandom random = new SplittableRandom(entry.getKey().hashCode());
        int samples = (int) Math.max(1, Math.min(MAX_DROPOUT_SAMPLES, dropped / 8));
        for (int s = 0; s < samples; s++) {
          ids.clear();
          encoder.encodePretoken(chars, 0, chars.length, options.dropout(), random, ids);
          add(expected, ids, dropped * options.trainingScale() / samples);
        }
      }
    }
    return expected;
  }

  private static void add(double[] expected, IntList ids, double count) {
    for (int i = 0; i < ids.size(); i++) {
      expected[ids.get(i)] += count;
    }
  }

  /** Leaves out rare entries that no other entry is made of, until there are none. */
  private BpeModel withoutRareEnds(BpeModel model, double[] expected) {
    BitSet gone = new BitSet();
    for (boolean changed = true; changed; ) {
      changed = false;
      BitSet used = new BitSet();
      for (int k = 0; k < model.numMerges(); k++) {
        if (!gone.get(k)) {
          used.set(model.left(k));
          used.set(model.right(k));
        }
      }
      for (int k = 0; k < model.numMerges(); k++) {
        int id = BpeModel.NUM_BYTES + k;
        if (!gone.get(k) && !used.get(id) && expected[id] < options.minCount()) {
          gone.set(k);
          changed = true;
        }
      }
    }
    int[] renamed = new int[BpeModel.NUM_BYTES + model.numMerges()];
    IntList left = new IntList();
    IntList right = new IntList();
    Arrays.setAll(renamed, id -> id);
    for (int k = 0; k < model.numMerges(); k++) {
      if (!gone.get(k)) {
        renamed[BpeModel.NUM_BYTES + k] = BpeModel.NUM_BYTES + left.size();
        left.add(renamed[model.left(k)]);
        right.add(renamed[model.right(k)]);
      }
    }
    return new BpeModel(left.toArray(), right.toArray(), options.added());
  }

  /** Pretokens as the merges see them. */
  private record Units(
      Map<String, Long> counts,
      long[] spaces,
      long[] contractions,
      Map<String, Long> copiedAfterSpace,
      Map<Integer, Long> han) {

    long afterSpace(int word) {
      return spaces[word];
    }

    long contraction(int word) {
      return contractions[word];
    }

    static Units of(Map<String, PretokenCounts.Counts> pretokens, BpeOptions options) {
      boolean wholeWord = options.leadingSpace() == LeadingSpace.WHOLE_WORD;
      Map<String, Long> merged = new TreeMap<>();
      Map<String, Long> spaces = new HashMap<>();
      Map<String, Long> contractions = new HashMap<>();
      Map<String, Long> copiedAfterSpace = new TreeMap<>();
      Map<Integer, Long> han = new TreeMap<>();
      pretokens.forEach(
          (pretoken, counted) -> {
            long count = options.copiedInMerges() ? counted.all() : counted.plain;
            int lead = wholeWord ? leadLength(pretoken) : 0;
            String word = pretoken.substring(lead);
            if (lead == 1 && pretoken.charAt(0) == ' ') {
              spaces.merge(word, count, Long::sum);
              if (counted.copied > 0) {
                copiedAfterSpace.merge(word, counted.copied, Long::sum);
              }
            } else if (lead == 1 && isContraction(pretoken)) {
              contractions.merge(word, count, Long::sum);
            } else if (lead > 0 && count > 0) {
              merged.merge(pretoken.substring(0, lead), count, Long::sum);
            }
            addRuns(word, count, counted.all(), options.singleHan(), merged, han);
          });
      long[] afterSpace = new long[merged.size()];
      long[] asContraction = new long[merged.size()];
      int index = 0;
      for (String word : merged.keySet()) {
        afterSpace[index] = spaces.getOrDefault(word, 0L);
        asContraction[index++] = contractions.getOrDefault(word, 0L);
      }
      return new Units(merged, afterSpace, asContraction, copiedAfterSpace, han);
    }

    /** Cuts a word at Han characters, each of which stands for itself. */
    private static void addRuns(
        String word,
        long count,
        long all,
        boolean singleHan,
        Map<String, Long> merged,
        Map<Integer, Long> han) {
      int from = 0;
      if (singleHan) {
        for (int i = 0; i < word.length(); ) {
          int codePoint = word.codePointAt(i);
          int next = i + Character.charCount(codePoint);
          if (codePoint > 0x2E00
              && Character.UnicodeScript.of(codePoint) == Character.UnicodeScript.HAN) {
            han.merge(codePoint, all, Long::sum);
            if (i > from && count > 0) {
              merged.merge(word.substring(from, i), count, Long::sum);
            }
            from = next;
          }
          i = next;
        }
      }
      if (from < word.length() && count > 0) {
        merged.merge(word.substring(from), count, Long::sum);
      }
    }

    /** Chars of the one character that the split keeps before a word; 0 for none. */
    private static int leadLength(String pretoken) {
      int first = pretoken.codePointAt(0);
      int length = Character.charCount(first);
      return !Character.isLetter(first)
              && length < pretoken.length()
              && Character.isLetter(pretoken.codePointAt(length))
          ? length
          : 0;
    }

    private static boolean isContraction(String pretoken) {
      return switch (pretoken.toLowerCase(java.util.Locale.ROOT)) {
        case "'s", "'t", "'re", "'ve", "'m", "'ll", "'d" -> true;
        default -> false;
      };
    }
  }
}
