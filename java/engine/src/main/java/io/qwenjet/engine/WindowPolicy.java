// SPDX-License-Identifier: Apache-2.0
// Which earlier tokens a token attends to. The policies are those of the attention operator: a window
// of the last tokens, sinks at the start, and a window that grows with the position. Everything
// depends on the position of the query alone, so any chunking of the prompt gives the same result.
package io.qwenjet.engine;

/**
 * How far back attention looks, for one request or for a whole engine. {@link Model} is the default
 * and the only policy that gives what the model was trained for; the others trade quality for time
 * and memory. KV pages that no layer can reach any more are freed while a request runs.
 */
public sealed interface WindowPolicy {
  /**
   * What config.json says: its sliding_window and layer_types. Full attention for every released
   * Qwen3 model.
   */
  record Model() implements WindowPolicy {}

  /**
   * Every layer sees every earlier token, whatever config.json says. Changes results of models with
   * sliding layers only. Each decoded token reads the KV of the whole context.
   */
  record Full() implements WindowPolicy {}

  /**
   * Every layer sees the last {@code window} tokens, itself included, and the first {@code sinks}.
   * Results are those of full attention while the context is not longer than window + sinks; beyond
   * that, what lies between is forgotten. A decoded token reads at most window + sinks tokens of KV,
   * and only so many pages are held.
   *
   * @param window at least 1
   * @param sinks at least 0; 4 keeps models stable that put attention on the first tokens
   */
  record Fixed(int window, int sinks) implements WindowPolicy {
    /** Checks the ranges. */
    public Fixed {
      Require.atLeast("window.fixed.window", window, 1);
      Require.atLeast("window.fixed.sinks", sinks, 0);
    }
  }

  /**
   * A window that grows with the position: with n = position + 1 it is n up to {@code min}, then
   * min(max, min + floor(growth * (n - min))). Results are those of full attention for the first
   * {@code min} tokens. Costs lie between those of a fixed window of min and of max.
   *
   * @param min at least 1
   * @param max at least min
   * @param growth 0 or more and below 1: tokens of window for each token of context
   * @param sinks at least 0
   */
  record Dynamic(int min, int max, double growth, int sinks) implements WindowPolicy {
    /** Checks the ranges. */
    public Dynamic {
      Require.atLeast("window.dynamic.min", min, 1);
      Require.atLeast("window.dynamic.max", max, min);
      Require.that(
          growth >= 0 && growth < 1, "window.dynamic.growth", "0 <= growth < 1", growth);
      Require.atLeast("window.dynamic.sinks", sinks, 0);
    }
  }

  /**
   * Returns the policy of config.json.
   *
   * @return the default
   */
  static WindowPolicy model() {
    return new Model();
  }

  /**
   * Returns full attention in every layer.
   *
   * @return the policy
   */
  static WindowPolicy full() {
    return new Full();
  }

  /**
   * Returns a window of fixed size with sinks.
   *
   * @param window tokens that a query sees, itself included; at least 1
   * @param sinks tokens at the start that stay visible; at least 0
   * @return the policy
   * @throws InvalidRequestException if a value is out of range
   */
  static WindowPolicy fixed(int window, int sinks) {
    return new Fixed(window, sinks);
  }

  /**
   * Returns a window that grows with the position.
   *
   * @param min window up to which nothing is forgotten; at least 1
   * @param max largest window; at least min
   * @param growth window tokens for each further token; 0 or more, below 1
   * @param sinks tokens at the start that stay visible; at least 0
   * @return the policy
   * @throws InvalidRequestException if a value is out of range
   */
  static WindowPolicy dynamic(int min, int max, double growth, int sinks) {
    return new Dynamic(min, max, growth, sinks);
  }
}
