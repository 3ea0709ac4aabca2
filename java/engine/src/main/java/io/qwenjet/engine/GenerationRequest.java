// SPDX-License-Identifier: Apache-2.0
// A request that continues a text or tokens as they are, without a chat template.
package io.qwenjet.engine;

import java.util.function.Consumer;

/** A bare prompt, as text or as token ids, that the model continues. Immutable. */
public final class GenerationRequest implements InferenceRequest {
  private final String prompt;
  private final int[] promptIds;
  private final boolean parseSpecialTokens;
  private final WindowPolicy window;
  private final SamplingParameters sampling;

  private GenerationRequest(Builder builder) {
    prompt = builder.prompt;
    promptIds = builder.promptIds;
    parseSpecialTokens = builder.parseSpecialTokens;
    window = builder.window;
    sampling = builder.sampling.build();
  }

  /**
   * Returns a request that continues a text with default sampling.
   *
   * @param prompt the text; not null
   * @return the request
   */
  public static GenerationRequest of(String prompt) {
    return builder().prompt(prompt).build();
  }

  /**
   * Returns a request that continues tokens with default sampling.
   *
   * @param promptIds the tokens; not null
   * @return the request
   */
  public static GenerationRequest of(int... promptIds) {
    return builder().promptIds(promptIds).build();
  }

  /**
   * Returns a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns the prompt as text.
   *
   * @return null if it is given as tokens
   */
  public String prompt() {
    return prompt;
  }

  /**
   * Returns the prompt as tokens.
   *
   * @return a copy; null if it is given as text
   */
  public int[] promptIds() {
    return promptIds == null ? null : promptIds.clone();
  }

  /**
   * Says whether special tokens written in the text become those tokens.
   *
   * @return true by default
   */
  public boolean parseSpecialTokens() {
    return parseSpecialTokens;
  }

  @Override
  public WindowPolicy window() {
    return window;
  }

  @Override
  public SamplingParameters sampling() {
    return sampling;
  }

  /** Gathers a request. Exactly one of prompt and promptIds is needed. Not thread-safe. */
  public static final class Builder {
    private String prompt;
    private int[] promptIds;
    private boolean parseSpecialTokens = true;
    private WindowPolicy window;
    private SamplingParameters.Builder sampling = SamplingParameters.builder();

    private Builder() {}

    /**
     * Sets the prompt as text.
     *
     * @param prompt the text
     * @return this
     */
    public Builder prompt(String prompt) {
      this.prompt = prompt;
      return this;
    }

    /**
     * Sets the prompt as tokens.
     *
     * @param promptIds the tokens; copied
     * @return this
     */
    public Builder promptIds(int... promptIds) {
      this.promptIds = promptIds.clone();
      return this;
    }

    /**
     * Says whether special tokens written in the text become those tokens.
     *
     * @param parse false to treat them as ordinary text
     * @return this
     */
    public Builder parseSpecialTokens(boolean parse) {
      this.parseSpecialTokens = parse;
      return this;
    }

    /**
     * Sets the window policy.
     *
     * @param window null for the engine's
     * @return this
     */
    public Builder window(WindowPolicy window) {
      this.window = window;
      return this;
    }

    /**
     * Sets the sampling parameters.
     *
     * @param sampling not null
     * @return this
     */
    public Builder sampling(SamplingParameters sampling) {
      this.sampling = sampling.toBuilder();
      return this;
    }

    /**
     * Changes sampling parameters.
     *
     * @param edit sets some of the values
     * @return this
     */
    public Builder sampling(Consumer<SamplingParameters.Builder> edit) {
      edit.accept(sampling);
      return this;
    }

    /**
     * Returns the request.
     *
     * @return an immutable request
     * @throws InvalidRequestException unless exactly one of prompt and promptIds is set
     */
    public GenerationRequest build() {
      Require.that(
          (prompt == null) != (promptIds == null),
          "prompt",
          "exactly one of prompt and promptIds",
          prompt == null ? "none" : "both");
      return new GenerationRequest(this);
    }
  }
}
