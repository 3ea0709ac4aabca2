// SPDX-License-Identifier: Apache-2.0
// Which part of the generator's space an example may come from: training text and evaluation
// items are kept apart by hashes, never by lists that somebody has to maintain.
package io.qwenjet.corpus;

/** The part of the generator's space that a draw stays in. */
public enum Split {
  /** Training text: no held-out value, no held-out skeleton. */
  TRAIN(false, false),
  /** Skeletons of the training text with held-out values. */
  HELD_OUT_VALUES(true, false),
  /** Held-out skeletons with values of the training text. */
  HELD_OUT_SKELETONS(false, true),
  /** Held-out skeletons with held-out values. */
  HELD_OUT_BOTH(true, true);

  private static final int VALUE_PERCENT = 10;
  private static final int SKELETON_PERCENT = 15;

  private final boolean heldOutValues;
  private final boolean heldOutSkeletons;

  Split(boolean heldOutValues, boolean heldOutSkeletons) {
    this.heldOutValues = heldOutValues;
    this.heldOutSkeletons = heldOutSkeletons;
  }

  /**
   * Tells whether this split may use a value: 10 % of all are held out.
   *
   * @param key the value's name, such as "Okafor" or "47+85"; letter case does not matter; not null
   * @return true when it may
   */
  public boolean takesValue(String key) {
    return isHeldOutValue(key) == heldOutValues;
  }

  /**
   * Tells whether this split may use a skeleton: 15 % of all are held out.
   *
   * @param skeleton a text with its values masked; not null
   * @return true when it may
   */
  public boolean takesSkeleton(String skeleton) {
    return isHeldOutSkeleton(skeleton) == heldOutSkeletons;
  }

  /**
   * Tells whether a value is one of the 10 % that training never sees.
   *
   * @param key the value's name; not null
   * @return true when it is held out
   */
  public static boolean isHeldOutValue(String key) {
    return bucket("value:" + key.strip().toLowerCase(java.util.Locale.ROOT)) < VALUE_PERCENT;
  }

  /**
   * Tells whether a skeleton is one of the 15 % that training never sees.
   *
   * @param skeleton a text with its values masked; not null
   * @return true when it is held out
   */
  public static boolean isHeldOutSkeleton(String skeleton) {
    return bucket("skeleton:" + skeleton) < SKELETON_PERCENT;
  }

  // FNV-1a with a finishing mix: stable on every JVM, and every bit reaches the remainder.
  private static int bucket(String key) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < key.length(); i++) {
      hash = (hash ^ key.charAt(i)) * 0x100000001b3L;
    }
    return (int) Long.remainderUnsigned(Draw.mix(hash), 100);
  }
}
