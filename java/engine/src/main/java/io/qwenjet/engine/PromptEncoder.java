// SPDX-License-Identifier: Apache-2.0
// From a request to the tokens of its prompt: chat template, tokenizer, checks. Runs on the caller's
// thread.
package io.qwenjet.engine;

import io.qwenjet.engine.runtime.ModelText;
import io.qwenjet.engine.template.TemplateException;
import io.qwenjet.engine.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

final class PromptEncoder {
  private static final String THINK = "<think>";

  private final ModelText files;
  private volatile List<String> specialTexts;

  PromptEncoder(ModelText files) {
    this.files = files;
  }

  /**
   * A prompt as tokens.
   *
   * @param ids its tokens
   * @param opensReasoning the answer begins inside reasoning
   */
  record Prompt(int[] ids, boolean opensReasoning) {}

  Prompt encode(InferenceRequest request) {
    if (request instanceof ChatRequest chat) {
      return encodeChat(chat);
    }
    GenerationRequest bare = (GenerationRequest) request;
    if (bare.promptIds() != null) {
      return new Prompt(bare.promptIds(), false);
    }
    Tokenizer tokenizer = files.tokenizer();
    int[] ids = tokenizer.encode(bare.prompt(), bare.parseSpecialTokens());
    OptionalInt bos = tokenizer.bosId();
    boolean needsBos =
        tokenizer.addBos() && (ids.length == 0 || ids[0] != bos.getAsInt()) && bos.isPresent();
    if (needsBos) {
      int[] longer = new int[ids.length + 1];
      longer[0] = bos.getAsInt();
      System.arraycopy(ids, 0, longer, 1, ids.length);
      ids = longer;
    }
    return new Prompt(ids, false);
  }

  String render(ChatRequest request) {
    return render(request, UnaryOperator.identity());
  }

  private Prompt encodeChat(ChatRequest request) {
    Tokenizer tokenizer = files.tokenizer();
    if (request.parseSpecialTokens()) {
      String text = render(request);
      return new Prompt(tokenizer.encode(text, true), opensReasoning(text));
    }
    return encodeGuarded(request, tokenizer);
  }

  private static boolean opensReasoning(String rendered) {
    return rendered.stripTrailing().endsWith(THINK);
  }

  private String render(ChatRequest request, UnaryOperator<String> guard) {
    Map<String, Object> variables = new LinkedHashMap<>();
    List<Object> messages = new ArrayList<>();
    for (Message m : request.messages()) {
      String reasoning = m.reasoning() == null ? null : guard.apply(m.reasoning());
      messages.add(
          new Message(m.role(), guard.apply(m.content()), reasoning, m.toolCalls()).toTemplate());
    }
    variables.put("messages", messages);
    if (!request.tools().isEmpty()) {
      variables.put("tools", request.tools().stream().map(Tool::toTemplate).toList());
    }
    variables.put("add_generation_prompt", request.addGenerationPrompt());
    if (request.thinking() != null) {
      variables.put("enable_thinking", request.thinking());
    }
    variables.putAll(request.templateVariables());
    try {
      return files.render(variables);
    } catch (TemplateException e) {
      throw new InvalidRequestException("chat template: " + e.getMessage(), e);
    }
  }

  /**
   * Encodes with control tokens of the template only. Those in user text are broken by a marker that
   * occurs nowhere else; the rendered text is cut at the whole ones, the marker is taken out, and
   * what lies between is encoded as ordinary text.
   */
  private Prompt encodeGuarded(ChatRequest request, Tokenizer tokenizer) {
    List<String> specials = specialTexts(tokenizer);
    char marker = unusedCharacter(request);
    String rendered = render(request, text -> breakSpecials(text, specials, marker));
    int[] ids = new int[0];
    int from = 0;
    int at = 0;
    while (at < rendered.length()) {
      String special = specialAt(rendered, at, specials);
      if (special == null) {
        at++;
      } else {
        ids = append(ids, ordinary(tokenizer, rendered.substring(from, at), marker));
        ids = append(ids, tokenizer.idOf(special).getAsInt());
        at += special.length();
        from = at;
      }
    }
    ids = append(ids, ordinary(tokenizer, rendered.substring(from), marker));
    return new Prompt(ids, opensReasoning(rendered));
  }

  private static int[] ordinary(Tokenizer tokenizer, String text, char marker) {
    return tokenizer.encode(text.replace(String.valueOf(marker), ""), false);
  }

  private static String breakSpecials(String text, List<String> specials, char marker) {
    String broken = text;
    for (String special : specials) {
      broken = broken.replace(special, special.charAt(0) + "" + marker + special.substring(1));
    }
    return broken;
  }

  private static String specialAt(String text, int at, List<String> specials) {
    for (String special : specials) {
      if (text.startsWith(special, at)) {
        return special;
      }
    }
    return null;
  }

  private static char unusedCharacter(ChatRequest request) {
    for (char c = '\uE000'; c < '\uF8FF'; c++) {
      String text = String.valueOf(c);
      if (request.messages().stream()
          .noneMatch(
              m ->
                  m.content().contains(text)
                      || m.reasoning() != null && m.reasoning().contains(text))) {
        return c;
      }
    }
    throw new InvalidRequestException(
        "messages: expected a private-use character that they do not contain, got all of them");
  }

  private static int[] append(int[] ids, int... more) {
    int[] all = Arrays.copyOf(ids, ids.length + more.length);
    System.arraycopy(more, 0, all, ids.length, more.length);
    return all;
  }

  /** Texts of the control tokens, longest first. */
  private List<String> specialTexts(Tokenizer tokenizer) {
    List<String> texts = specialTexts;
    if (texts == null) {
      texts =
          IntStream.range(0, tokenizer.size())
              .filter(tokenizer::isSpecial)
              .mapToObj(id -> text(tokenizer, id))
              .filter(text -> !text.isEmpty())
              .sorted(Comparator.comparingInt(String::length).reversed())
              .toList();
      specialTexts = texts;
    }
    return texts;
  }

  private static String text(Tokenizer tokenizer, int id) {
    return tokenizer.decode(new int[] {id}, false);
  }
}
