// SPDX-License-Identifier: Apache-2.0
// A window policy made concrete for a model: which keys a query of each group of layers sees. The
// first visible key never moves back as the position grows, so what has left the windows of all
// groups can be freed.
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.StepBuffers;
import io.qwenjet.engine.WindowPolicy;
import java.util.Arrays;

/** The windows of one request in every group of layers. Immutable. */
public final class LayerWindows {
  private final WindowPolicy policy;
  private final int[] groupWindow;
  private final int sinks;

  /**
   * Makes a policy concrete.
   *
   * @param policy the policy; not null
   * @param config the model's configuration; not null
   */
  public LayerWindows(WindowPolicy policy, ModelConfig config) {
    this.policy = policy;
    this.groupWindow = config.groupWindow().clone();
    if (policy instanceof WindowPolicy.Full) {
      Arrays.fill(groupWindow, StepBuffers.WINDOW_FULL);
    } else if (policy instanceof WindowPolicy.Fixed fixed) {
      Arrays.fill(groupWindow, fixed.window());
    }
    this.sinks =
        policy instanceof WindowPolicy.Fixed fixed
            ? fixed.sinks()
            : policy instanceof WindowPolicy.Dynamic dynamic ? dynamic.sinks() : 0;
  }

  /**
   * Returns how many keys up to its own position a query sees, sinks aside.
   *
   * @param group the group of layers
   * @param position the query's position
   * @return at least 1; the largest int for all
   */
  public int windowLen(int group, int position) {
    if (policy instanceof WindowPolicy.Dynamic dynamic) {
      long n = position + 1L;
      if (n <= dynamic.min()) {
        return (int) n;
      }
      long grown = dynamic.min() + (long) Math.floor(dynamic.growth() * (n - dynamic.min()));
      return (int) Math.min(dynamic.max(), grown);
    }
    return groupWindow[group];
  }

  /**
   * Returns how many keys at the start stay visible.
   *
   * @return 0 or more, the same for every group
   */
  public int sinkLen() {
    return sinks;
  }

  /**
   * Returns the first key after the sinks that a query at a position, or any later one, sees in any
   * group.
   *
   * @param position the query's position
   * @return 0 if every key stays visible
   */
  public int firstVisible(int position) {
    long first = position;
    for (int group = 0; group < groupWindow.length; group++) {
      first = Math.min(first, position - (long) windowLen(group, position) + 1);
    }
    return (int) Math.max(first, 0);
  }

  /**
   * Returns the largest window over all groups and positions.
   *
   * @return the largest int if it is not bounded
   */
  public int maxWindow() {
    return policy instanceof WindowPolicy.Dynamic dynamic
        ? dynamic.max()
        : Arrays.stream(groupWindow).max().orElseThrow();
  }
}
