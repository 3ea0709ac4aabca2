// SPDX-License-Identifier: Apache-2.0
// A request that goes through the model's chat template.
package io.qwenjet.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A conversation for the model to continue through its chat template. Immutable. */
public final class ChatRequest implements InferenceRequest {
  private final List<Message> messages;
  private final List<Tool> tools;
  private final Boolean thinking;
  private final Map<String, Object> templateVariables;
  private final boolean addGenerationPrompt;
  private final boolean parseSpecialTokens;
  private final WindowPolicy window;
  private final SamplingParameters sampling;

  private ChatRequest(Builder builder) {
    messages = List.copyOf(builder.messages);
    tools = List.copyOf(builder.tools);
    thinking = builder.thinking;
    templateVariables = new LinkedHashMap<>(builder.templateVariables);
    addGenerationPrompt = builder.addGenerationPrompt;
    parseSpecialTokens = builder.parseSpecialTokens;
    window = builder.window;
    sampling = builder.sampling.build();
  }

  private ChatRequest(ChatRequest other, List<Message> messages) {
    this.messages = List.copyOf(messages);
    tools = other.tools;
    thinking = other.thinking;
    templateVariables = other.templateVariables;
    addGenerationPrompt = other.addGenerationPrompt;
    parseSpecialTokens = other.parseSpecialTokens;
    window = other.window;
    sampling = other.sampling;
  }

  /** The same request about other messages, at least one. */
  ChatRequest withMessages(List<Message> messages) {
    return new ChatRequest(this, messages);
  }

  /**
   * Returns a request of one user message with default sampling.
   *
   * @param content the text; not null
   * @return the request
   */
  public static ChatRequest of(String content) {
    return builder().user(content).build();
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
   * Returns the conversation.
   *
   * @return at least one message
   */
  public List<Message> messages() {
    return messages;
  }

  /**
   * Returns the tools that the model may call.
   *
   * @return empty if none
   */
  public List<Tool> tools() {
    return tools;
  }

  /**
   * Returns whether the model shall think before it answers.
   *
   * @return null to leave it to the template
   */
  public Boolean thinking() {
    return thinking;
  }

  /**
   * Returns further variables for the template.
   *
   * @return a copy
   */
  public Map<String, Object> templateVariables() {
    return new LinkedHashMap<>(templateVariables);
  }

  /**
   * Says whether the rendered text ends where the assistant's answer begins.
   *
   * @return true by default
   */
  public boolean addGenerationPrompt() {
    return addGenerationPrompt;
  }

  /**
   * Says whether special tokens written in messages become those tokens.
   *
   * @return true by default, as in the reference implementation
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

  /** Gathers a conversation. Messages come in the order of the calls. Not thread-safe. */
  public static final class Builder {
    private final List<Message> messages = new ArrayList<>();
    private final List<Tool> tools = new ArrayList<>();
    private Boolean thinking;
    private final Map<String, Object> templateVariables = new LinkedHashMap<>();
    private boolean addGenerationPrompt = true;
    private boolean parseSpecialTokens = true;
    private WindowPolicy window;
    private SamplingParameters.Builder sampling = SamplingParameters.builder();

    private Builder() {}

    /**
     * Adds a system message.
     *
     * @param content the text; not null
     * @return this
     */
    public Builder system(String content) {
      return message(Message.system(content));
    }

    /**
     * Adds a user message.
     *
     * @param content the text; not null
     * @return this
     */
    public Builder user(String content) {
      return message(Message.user(content));
    }

    /**
     * Adds an assistant message.
     *
     * @param content the text; not null
     * @return this
     */
    public Builder assistant(String content) {
      return message(Message.assistant(content));
    }

    /**
     * Adds a message.
     *
     * @param message not null
     * @return this
     */
    public Builder message(Message message) {
      messages.add(Require.notNull("message", message));
      return this;
    }

    /**
     * Adds messages.
     *
     * @param messages in order; not null
     * @return this
     */
    public Builder messages(List<Message> messages) {
      messages.forEach(this::message);
      return this;
    }

    /**
     * Adds a tool that the model may call.
     *
     * @param tool not null
     * @return this
     */
    public Builder tool(Tool tool) {
      tools.add(Require.notNull("tool", tool));
      return this;
    }

    /**
     * Says whether the model shall think before it answers.
     *
     * @param thinking what the template gets as enable_thinking
     * @return this
     */
    public Builder thinking(boolean thinking) {
      this.thinking = thinking;
      return this;
    }

    /**
     * Sets a further variable of the template.
     *
     * @param name its name; not null
     * @param value a string, number, boolean, list, map or null
     * @return this
     */
    public Builder templateVariable(String name, Object value) {
      templateVariables.put(name, value);
      return this;
    }

    /**
     * Says whether the rendered text ends where the assistant's answer begins.
     *
     * @param add false to render the conversation alone
     * @return this
     */
    public Builder addGenerationPrompt(boolean add) {
      this.addGenerationPrompt = add;
      return this;
    }

    /**
     * Says whether special tokens written in messages become those tokens. With false, whatever
     * stands between the special tokens of the template itself is ordinary text.
     *
     * @param parse false for text that must not contain control tokens
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
     * @throws InvalidRequestException if there is no message
     */
    public ChatRequest build() {
      Require.that(!messages.isEmpty(), "messages", "at least one", "none");
      return new ChatRequest(this);
    }
  }
}
