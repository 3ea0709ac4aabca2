// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of items: both forms of messages, tools, and errors that name file and line. */
class ItemReaderTest {
  private static final String GOOD =
      "{'messages':['2+2'],'check':{'kind':'number','answer':4}}".replace('\'', '"');

  private static final List<String> KINDS =
      List.of(
          "exact", "number", "list", "json", "code", "contains", "choice", "tool_call", "refusal",
          "not_in_text", "any", "all");

  @TempDir private Path folder;

  private Path file(String... lines) throws IOException {
    return Files.write(folder.resolve("items.jsonl"), List.of(lines));
  }

  @Test
  void bareTextsAreTheUsersAndTheAssistantsInTurn() throws IOException {
    Item item =
        ItemReader.read(
                file(
                    "",
                    ("{'messages':[{'role':'system','content':'Be brief.'},'Hi','Hello!','2+2'],"
                            + "'family':'sums','enable_thinking':false,"
                            + "'check':{'kind':'number','answer':4}}")
                        .replace('\'', '"')),
                "prompts")
            .get(0);
    assertEquals(
        List.of("system", "user", "assistant", "user"),
        item.messages().stream().map(message -> message.role()).toList());
    assertEquals("2+2", item.request());
    assertEquals("sums", item.family());
    assertEquals(false, item.thinking());
    assertTrue(item.name().endsWith("items.jsonl:2"), item.name());
  }

  @Test
  void publishedFormsOfToolsAndCallsAreRead() throws IOException {
    Item item =
        ItemReader.read(
                file(
                    ("{'messages':[{'role':'user','content':'Time?'},{'role':'assistant','content':'',"
                            + "'tool_calls':[{'type':'function','function':{'name':'now',"
                            + "'arguments':{'city':'Graz'}}}]},{'role':'tool','content':'12:30'}],"
                            + "'tools':[{'type':'function','function':{'name':'now','description':'d',"
                            + "'parameters':{'type':'object'}}},{'name':'later'}],"
                            + "'check':{'kind':'contains','all':['12:30']}}")
                        .replace('\'', '"')),
                "prompts")
            .get(0);
    assertEquals("{\"city\":\"Graz\"}", item.messages().get(1).toolCalls().get(0).argumentsJson());
    assertEquals(List.of("now", "later"), item.tools().stream().map(tool -> tool.name()).toList());
    assertEquals("object", item.tools().get(0).parameters().get("type"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "[]",
        "{'messages':['2+2']}",
        "{'check':{'kind':'number','answer':4}}",
        "{'messages':[],'check':{'kind':'number','answer':4}}",
        "{'messages':['a','b'],'check':{'kind':'number','answer':4}}",
        "{'messages':[{'role':'me','content':'a'}],'check':{'kind':'number','answer':4}}",
        "{'messages':[{'role':'user'}],'check':{'kind':'number','answer':4}}",
        "{'messages':['a'],'tools':{},'check':{'kind':'number','answer':4}}",
        "{'messages':['a'],'tools':[{}],'check':{'kind':'number','answer':4}}",
        "{'messages':['a'],'think':true,'check':{'kind':'number','answer':4}}",
        "{'messages':['a'],'enable_thinking':1,'check':{'kind':'number','answer':4}}",
        "{'messages':['a'],'check':{'kind':'number'}}"
      })
  void whatIsNoItemIsNamedWithItsLine(String line) throws IOException {
    Path path = file(GOOD, line.replace('\'', '"'));
    EvaluationException e =
        assertThrows(EvaluationException.class, () -> ItemReader.read(path, "prompts"));
    assertTrue(e.getMessage().startsWith(path + ":2: "), e.getMessage());
    assertTrue(e.getMessage().contains("expected "), e.getMessage());
  }

  @Test
  void aFileWithoutItemsOrWithoutBytesIsAnError() throws IOException {
    Path empty = file("");
    assertThrows(EvaluationException.class, () -> ItemReader.read(empty, "prompts"));
    Path missing = folder.resolve("none.jsonl");
    assertThrows(EvaluationException.class, () -> ItemReader.read(missing, "prompts"));
  }

  @Test
  void theReadmeShowsAnItemOfEveryKindOfCheck() throws IOException {
    List<String> shown =
        Files.readAllLines(Path.of("README.md")).stream().filter(line -> line.startsWith("{")).toList();
    assertEquals(KINDS.size(), ItemReader.read(file(shown.toArray(String[]::new)), "prompts").size());
    for (int i = 0; i < KINDS.size(); i++) {
      assertTrue(shown.get(i).contains("\"check\":{\"kind\":\"" + KINDS.get(i) + "\""), shown.get(i));
    }
  }
}
