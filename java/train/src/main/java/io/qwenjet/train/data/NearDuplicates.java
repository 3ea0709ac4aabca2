// SPDX-License-Identifier: Apache-2.0
// Finds lines that say what an earlier line said: hashed vectors of stemmed words and word pairs, cut
// to bits by random hyperplanes (Charikar, STOC 2002: the share of equal bits is 1 - angle/pi), and
// looked up by bands of those bits (Indyk and Motwani, STOC 1998). Memory is bounded by a window.
package io.qwenjet.train.data;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Finds near-duplicates among the lines given to it. Not safe for use by several threads at once. */
public final class NearDuplicates {
  private static final int BITS = 256;
  private static final int WORDS = BITS / 64;
  /** Newest entries of a bucket that are compared; more are rare, and all alike. */
  private static final int MAX_COMPARED = 64;
  private static final double BAND_RECALL = 0.98;
  private static final Set<String> WEAK =
      Set.of(
          "the", "a", "an", "of", "to", "in", "on", "at", "for", "and", "or", "is", "are", "was",
          "be", "it", "this", "that", "please", "can", "could", "would", "you", "me", "i", "my",
          "do", "with", "what", "just", "now", "thank");

  private final Options options;
  private final int bandBits;
  private final int numBands;
  private final long[] signatures;
  private final long[] exactKeys;
  private final int[] next;
  private final int[] heads;
  private int count;

  /**
   * How near is a duplicate.
   *
   * @param similarity least cosine of the two lines' word vectors, in (0, 1)
   * @param keepExact whether numbers, operators, copied strings and capitalised words must be the
   *     same for a duplicate, as generated data needs: "12+30" and "12+31" are two tasks
   * @param window how many of the last kept lines a line is compared with; memory is some
   *     150 bytes for each
   */
  public record Options(double similarity, boolean keepExact, int window) {
    /** What is good for generated data. */
    public static final Options GENERATED = new Options(0.9, true, 1 << 20);

    /** Checks the ranges. */
    public Options {
      if (!(similarity > 0 && similarity < 1) || window < 1) {
        throw new IllegalArgumentException(
            "expected a similarity in (0, 1) and a window of 1 or more, got "
                + similarity + " and " + window);
      }
    }
  }

  /** Starts without lines; all memory is taken here. */
  public NearDuplicates(Options options) {
    this.options = options;
    bandBits = bandBits(options.similarity);
    numBands = BITS / bandBits;
    signatures = new long[Math.multiplyExact(options.window, WORDS)];
    exactKeys = new long[options.window];
    next = new int[Math.multiplyExact(options.window, numBands)];
    heads = new int[Integer.highestOneBit(Math.max(1 << 10, options.window)) * 4];
    Arrays.fill(heads, -1);
  }

  /** The widest band with which pairs at the threshold still meet in some band nearly always. */
  private static int bandBits(double similarity) {
    double equal = 1 - Math.acos(similarity) / Math.PI;
    for (int bits = 32; bits > 4; bits--) {
      if (1 - Math.pow(1 - Math.pow(equal, bits), BITS / bits) >= BAND_RECALL) {
        return bits;
      }
    }
    return 4;
  }

  /**
   * Returns the number of an earlier line that says the same, or -1 after remembering this one.
   * Numbers count remembered lines from 0; a duplicate is not remembered.
   */
  public int find(CorpusLine line) {
    long[] signature = signature(asked(line));
    long exact = options.keepExact ? exactKey(line, QualityRules.textOf(line)) : 0;
    for (int band = 0; band < numBands; band++) {
      int entry = heads[slot(signature, exact, band)];
      for (int i = 0; i < MAX_COMPARED && isRemembered(entry); i++) {
        if (exactKeys[entry % options.window] == exact && isNear(signature, entry)) {
          return entry;
        }
        entry = next[entry % options.window * numBands + band];
      }
    }
    int at = count % options.window;
    System.arraycopy(signature, 0, signatures, at * WORDS, WORDS);
    exactKeys[at] = exact;
    for (int band = 0; band < numBands; band++) {
      int slot = slot(signature, exact, band);
      next[at * numBands + band] = heads[slot];
      heads[slot] = count;
    }
    count++;
    return -1;
  }

  /** What is compared: of a conversation what is read, since many questions share one answer. */
  private static String asked(CorpusLine line) {
    if (line.text() != null) {
      return line.text();
    }
    StringBuilder text = new StringBuilder();
    for (Map<String, Object> message : line.messages()) {
      if (!"assistant".equals(message.get("role"))) {
        text.append(message.get("content")).append('\n');
      }
    }
    return text.toString();
  }

  private boolean isRemembered(int entry) {
    return entry >= 0 && entry < count && entry >= count - options.window;
  }

  private boolean isNear(long[] signature, int entry) {
    int different = 0;
    for (int w = 0; w < WORDS; w++) {
      different += Long.bitCount(signature[w] ^ signatures[entry % options.window * WORDS + w]);
    }
    return Math.cos(Math.PI * different / BITS) >= options.similarity;
  }

  private int slot(long[] signature, long exact, int band) {
    int from = band * bandBits;
    long bits = signature[from / 64] >>> from % 64;
    if (from % 64 + bandBits > 64) {
      bits |= signature[from / 64 + 1] << (64 - from % 64);
    }
    long key = (bits & ((1L << bandBits) - 1)) | (long) band << 48;
    return (int) (mix(key ^ mix(exact + 1)) >>> 1) & (heads.length - 1);
  }

  /** Signs of the projections of the line's feature vector. */
  static long[] signature(String text) {
    Map<String, Integer> features = features(text);
    float[] sums = new float[BITS];
    features.forEach(
        (feature, times) -> {
          boolean pair = feature.indexOf(' ') >= 0;
          double weight = pair ? 0.5 : WEAK.contains(feature) ? 0.2 : 1;
          float value = (float) (weight * Math.sqrt(times));
          long hash = hash(feature);
          for (int w = 0; w < WORDS; w++) {
            long plane = mix(hash + w * 0x9E3779B97F4A7C15L);
            for (int b = 0; b < 64; b++) {
              // Without a branch, which would be mispredicted half the time.
              sums[w * 64 + b] += value * (1 - 2 * (int) (plane >>> b & 1));
            }
          }
        });
    long[] signature = new long[WORDS];
    for (int i = 0; i < BITS; i++) {
      if (sums[i] > 0) {
        signature[i / 64] |= 1L << i % 64;
      }
    }
    return signature;
  }

  /** Words without their endings, and pairs of neighbours in either order, with their counts. */
  private static Map<String, Integer> features(String text) {
    Map<String, Integer> features = new HashMap<>();
    String lower = text.toLowerCase(Locale.ROOT);
    String previous = null;
    for (int i = 0; i < lower.length(); ) {
      int start = i;
      while (i < lower.length() && Character.isLetterOrDigit(lower.charAt(i))) {
        i++;
        if (Character.isIdeographic(lower.charAt(i - 1))) {
          break;
        }
      }
      if (i == start) {
        i++;
        continue;
      }
      String word = stem(lower.substring(start, i));
      features.merge(word, 1, Integer::sum);
      if (!WEAK.contains(word)) {
        if (previous != null) {
          boolean inOrder = previous.compareTo(word) <= 0;
          features.merge(
              inOrder ? previous + ' ' + word : word + ' ' + previous, 1, Integer::sum);
        }
        previous = word;
      }
    }
    if (features.isEmpty()) {
      // Without words, a text is like itself only.
      features.put(lower.strip(), 1);
    }
    return features;
  }

  private static String stem(String word) {
    for (String ending : new String[] {"ing", "ed", "es", "s"}) {
      if (word.length() > ending.length() + 2 && word.endsWith(ending) && !word.endsWith("ss")) {
        return word.substring(0, word.length() - ending.length());
      }
    }
    return word;
  }

  /** Numbers and operators in order, then copied strings and capitalised words in any order. */
  private static long exactKey(CorpusLine line, String text) {
    long key = 0;
    Set<String> names = new TreeSet<>(line.copied());
    boolean sentenceStarts = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isDigit(c) || "+-*/\u00d7\u00f7=%<>".indexOf(c) >= 0) {
        key = mix(key + c);
      } else if (Character.isUpperCase(c)) {
        int end = i;
        while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
          end++;
        }
        if (!sentenceStarts) {
          names.add(text.substring(i, end));
        }
        sentenceStarts = false;
        i = end - 1;
      } else if (c == '.' || c == '?' || c == '!' || c == '\n') {
        sentenceStarts = true;
      } else if (Character.isLetter(c)) {
        sentenceStarts = false;
      }
    }
    // Tools, calls and the thinking switch make another task of the same words.
    key = mix(key + Objects.hash(line.tools(), line.enableThinking()));
    for (Map<String, Object> message : line.messages()) {
      key = mix(key + Objects.hashCode(message.get("tool_calls")));
    }
    for (String name : names) {
      key = mix(key * 31 + hash(name));
    }
    return key;
  }

  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
