// SPDX-License-Identifier: Apache-2.0
// Requests to write, complete, fix and explain small functions of a closed set. Function and parameter
// names are open, bodies are fixed; other functions and other languages are declined.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Small functions in Java and Python. */
final class CodeFamily implements Family {
  private static final Grammar GRAMMAR = Grammar.load("code");
  private static final List<String> PARAMETERS =
      List.of("value", "data", "input", "x", "source", "given", "item", "raw", "param", "subject", "start", "arg");
  static final List<String> INTENTS =
      List.of("write", "write", "write", "write_title", "write_title", "write_title", "write_name", "write_name",
          "write_param", "complete", "complete", "complete_does", "fix", "fix", "fix", "explain", "explain", "unknown");

  @Override
  public String name() {
    return "code";
  }

  @Override
  public Exchange draw(Draw draw) {
    return draw(draw.pick(INTENTS), draw);
  }

  static Exchange draw(String intent, Draw draw) {
    return switch (intent) {
      case "complete", "complete_does", "fix", "explain" -> given(intent, draw);
      case "unknown" -> unknown(draw);
      default -> written(intent, draw);
    };
  }

  private static Exchange written(String intent, Draw draw) {
    boolean named = intent.equals("write_name") || intent.equals("write_param");
    Snippet snippet = draw.until(() -> draw.pick(Snippet.all()), each -> !named || each.firstParameter() != null);
    Map<String, String> values = values(snippet, draw);
    Request request = Request.ask(GRAMMAR, intent, values, draw);
    String code = snippet.code();
    List<String> copied = new ArrayList<>();
    if (request.skeleton().contains("{param}")) {
      code = Snippet.renamed(code, snippet.firstParameter(), values.get("param"));
    }
    if (request.skeleton().contains("{function}")) {
      code = Snippet.renamed(code, snippet.name(), values.get("function"));
      copied.add(values.get("function"));
    }
    return Exchange.of(intent, request, null, Snippet.fenced(snippet.language(), code), copied);
  }

  private static Exchange given(String intent, Draw draw) {
    boolean fix = intent.equals("fix");
    boolean complete = intent.startsWith("complete");
    Snippet snippet =
        draw.until(
            () -> draw.pick(Snippet.all()),
            each -> each.isProgram() ? fix : !complete || each.code().lines().count() > 1);
    Map<String, String> values = values(snippet, draw);
    String right = snippet.code();
    Snippet.Bug bug = draw.pick(snippet.bugs());
    String shown = fix ? replaceFirst(right, bug) : complete ? start(right, draw) : right;
    List<String> copied = new ArrayList<>();
    // Under another name, a first line alone does not tell what the function does.
    boolean renamed = intent.equals("complete_does") ? draw.chance(0.7) : !complete && draw.chance(0.4);
    if (!snippet.isProgram() && renamed) {
      String name = values.get("function");
      shown = Snippet.renamed(shown, snippet.name(), name);
      right = Snippet.renamed(right, snippet.name(), name);
      copied.add(name);
    }
    if (right.startsWith("static ") && draw.chance(0.4)) {
      String modifier = draw.pick("", "", "public static ", "public ", "private static ");
      shown = modifier + shown.substring(7);
      right = modifier + right.substring(7);
    }
    Request request = Request.about(GRAMMAR, intent, values, shown, draw);
    String answer =
        intent.equals("explain")
            ? GRAMMAR.expand("explain.answer", draw, Map.of("does", snippet.does().get(0))).text()
            : Snippet.fenced(snippet.language(), right);
    return Exchange.of(intent, request, null, answer, intent.equals("explain") ? List.of() : copied);
  }

  private static Exchange unknown(Draw draw) {
    Map<String, String> values = OpenSlots.draw(draw, values(draw.pick(Snippet.all()), draw));
    Request request = Request.ask(GRAMMAR, "unknown", values, draw);
    return Exchange.of("unknown", request, null, Refusals.answer("code", draw), List.of());
  }

  private static Map<String, String> values(Snippet snippet, Draw draw) {
    Map<String, String> values = new HashMap<>();
    values.put("language", draw.chance(0.85) ? snippet.language() : snippet.language().toLowerCase(Locale.ROOT));
    values.put("title", draw.pick(snippet.titles()));
    values.put("does", draw.pick(snippet.does()));
    values.put("function", functionName(snippet, draw));
    values.put("param", draw.until(() -> draw.pick(PARAMETERS), each -> !snippet.code().contains(each)));
    if (snippet.isProgram()) {
      values.put("unit", "program");
    }
    return values;
  }

  private static String functionName(Snippet snippet, Draw draw) {
    String tool = draw.until(() -> Names.toolName(draw), each -> each.matches("[a-z]+(_[a-z]+)+"));
    return snippet.language().equals("Python") ? tool : camel(tool);
  }

  private static String camel(String snake) {
    StringBuilder name = new StringBuilder();
    for (String part : snake.split("_")) {
      name.append(name.length() == 0 ? part : Words.capital(part));
    }
    return name.toString();
  }

  private static String replaceFirst(String code, Snippet.Bug bug) {
    int at = code.indexOf(bug.right());
    return code.substring(0, at) + bug.wrong() + code.substring(at + bug.right().length());
  }

  // The first line, or more where something is left to write.
  private static String start(String code, Draw draw) {
    List<String> lines = code.lines().toList();
    int count = lines.size() > 3 && draw.chance(0.35) ? draw.between(2, Math.min(3, lines.size() - 2)) : 1;
    return String.join("\n", lines.subList(0, count));
  }
}
