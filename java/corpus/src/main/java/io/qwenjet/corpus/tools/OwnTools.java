// SPDX-License-Identifier: Apache-2.0
// Tools that nobody has seen: an open name, parameters of all types, a request that names them.
package io.qwenjet.corpus.tools;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Grammar;
import io.qwenjet.corpus.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

final class OwnTools {
  /** A parameter with the ways to say it; {v} is the value. */
  private record Said(String parameter, List<String> forms) {}

  private static final List<Said> POOL =
      List.of(
          new Said("city:town", List.of("in {v}", "in {v}", "from {v}", "for {v}", "near {v}")),
          new Said("name:person", List.of("for {v}", "named {v}", "of {v}", "that belongs to {v}")),
          new Said("customer:person", List.of("for {v}", "for the customer {v}", "of {v}")),
          new Said("owner:person", List.of("of {v}", "owned by {v}", "that {v} owns")),
          new Said("date:iso", List.of("on {v}", "for {v}", "by {v}")),
          new Said("time:clock", List.of("at {v}", "before {v}", "after {v}")),
          new Said("quantity:integer", List.of("{v} times", "with quantity {v}", "with the quantity {v}")),
          new Said("count:integer", List.of("with count {v}", "with a count of {v}", "(count {v})")),
          new Said("limit:integer", List.of("with a limit of {v}", "with limit {v}", "up to the limit {v}")),
          new Said("size:integer", List.of("of size {v}", "with size {v}", "in size {v}")),
          new Said("price:number", List.of("for {v}", "at a price of {v}", "with price {v}")),
          new Said("weight:number", List.of("of weight {v}", "with a weight of {v}", "that weighs {v}")),
          new Said("id:code", List.of("with id {v}", "with the id {v}", "number {v}", "{v}")),
          new Said("code:code", List.of("with code {v}", "with the code {v}", "by the code {v}")),
          new Said("item:item", List.of("with the item {v}", "for the {v}", "called {v}")),
          new Said("label:item", List.of("labelled {v}", "with the label {v}", "with label \"{v}\"")),
          new Said("company:company", List.of("for {v}", "from {v}", "at {v}", "of the company {v}")),
          new Said("email:email", List.of("for {v}", "with the e-mail {v}", "to {v}")),
          new Said("room:room", List.of("in the {v}", "for the {v}")),
          new Said("colour:enum(red/blue/green/black/white)", List.of("in {v}", "with colour {v}", "in the colour {v}")),
          new Said("format:enum(pdf/csv/html/txt)", List.of("as {v}", "in {v} format", "as a {v} file")),
          new Said("priority:enum(low/normal/high)", List.of("with {v} priority", "with priority {v}", "at {v} priority")),
          new Said("mode:enum(fast/slow/safe)", List.of("in {v} mode", "with mode {v}")),
          new Said("urgent:boolean", List.of("with urgent {v}", "with urgent set to {v}", "(urgent: {v})")),
          new Said("confirm:boolean", List.of("with confirm {v}", "(confirm: {v})", "with confirm set to {v}")));
  private static final List<String> KINDS =
      List.of("town", "person", "item", "code", "integer", "integer", "number", "boolean", "iso", "company");

  private OwnTools() {}

  /** A tool, the values for its parameters, and how each is said. */
  record Own(Tool tool, String verb, String noun, Map<String, String> values, List<String> details) {}

  static Own draw(Draw draw) {
    String name = Names.toolName(draw);
    String[] words = name.replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT).split("_");
    boolean verbFirst = Names.startsWithVerb(name) || words.length < 2;
    String verb = words[verbFirst ? 0 : words.length - 1];
    String noun = words[verbFirst && words.length > 1 ? 1 : 0];
    List<Parameter> parameters = new ArrayList<>();
    Map<String, String> values = new LinkedHashMap<>();
    List<String> details = new ArrayList<>();
    for (Said said : draw.some(POOL, draw.pick(1, 1, 1, 2, 2, 2, 2, 3, 3, 4))) {
      boolean open = draw.chance(0.2);
      Parameter parameter =
          open
              ? new Parameter(draw.chance(0.5) ? Names.toolName(draw) : Names.item(draw).replaceAll("[^A-Za-z]+", "_"), draw.pick(KINDS), List.of(), true)
              : Parameter.of(said.parameter() + (draw.chance(0.75) ? "!" : ""));
      if (parameters.stream().anyMatch(each -> each.name().equals(parameter.name()))) {
        continue;
      }
      parameters.add(parameter);
      if (!parameter.required() && draw.chance(0.6)) {
        continue;
      }
      String value = ArgumentValues.draw(parameter, draw);
      values.put(parameter.name(), value);
      String form =
          open || draw.chance(0.25)
              ? draw.pick(parameter.name() + " {v}", parameter.name() + " = {v}", parameter.name() + ": {v}", "with " + parameter.name() + " {v}")
              : draw.pick(said.forms());
      details.add(form.replace("{v}", value));
    }
    String description =
        Grammar.load("tools").expand("own_spec", draw, Map.of("Verb", capital(verb), "noun", noun)).text().replaceAll("(?<![\\p{L}\\p{N}])a (?=[aeio])", "an ");
    return new Own(new Tool(name, description, parameters), verb, noun, values, draw.shuffled(details));
  }

  static String capital(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }
}
