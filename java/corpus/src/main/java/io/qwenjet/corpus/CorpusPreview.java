// SPDX-License-Identifier: Apache-2.0
// Prints examples as a reader of the corpus wants to see them.
package io.qwenjet.corpus;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Prints a few exchanges of each family: {@code CorpusPreview SEED COUNT [FAMILY or document/KIND]}. */
final class CorpusPreview {
  private CorpusPreview() {}

  public static void main(String[] arguments) {
    if (arguments.length < 2) {
      throw new IllegalArgumentException("expected SEED COUNT [FAMILY], got " + arguments.length + " arguments");
    }
    long seed = Long.parseLong(arguments[0]);
    int count = Integer.parseInt(arguments[1]);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (Families.Weighted each : Families.all()) {
      if (arguments.length == 2 || arguments[2].equals(each.family().name())) {
        out.println("##### " + each.family().name());
        for (int i = 0; i < count; i++) {
          print(each.family().draw(new Draw(seed, i, Split.TRAIN)), out);
        }
      }
    }
    for (Document each : Documents.all()) {
      if (arguments.length == 2 || arguments[2].equals("document/" + each.kind())) {
        out.println("##### document/" + each.kind());
        for (int i = 0; i < count; i++) {
          out.println(each.draw(new Draw(seed, i, Split.TRAIN)).text());
          out.println("-----");
        }
      }
    }
  }

  private static void print(Exchange exchange, PrintStream out) {
    out.println("--- " + exchange.intent() + "   " + exchange.skeleton().replace("\n", "\\n"));
    for (Turn turn : exchange.turns()) {
      String thought = turn.reasoning() == null ? "" : "<think>" + turn.reasoning() + "</think>\n";
      out.println(turn.role() + ": " + thought + turn.content());
      turn.calls().forEach(call -> out.println("  call " + call.name() + " " + call.arguments()));
    }
  }
}
