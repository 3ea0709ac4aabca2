// SPDX-License-Identifier: Apache-2.0
// Requests for short stories with asked names, things, places and moods.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Short stories in which the asked names and things occur. */
final class StoriesFamily implements Family {
  static final List<String> INTENTS =
      List.of("ask", "ask", "ask", "ask_place", "ask_place", "ask_two", "ask_friends", "ask_name", "ask_thing", "ask_any");

  @Override
  public String name() {
    return "stories";
  }

  @Override
  public Exchange draw(Draw draw) {
    return draw(draw.pick(INTENTS), draw);
  }

  static Exchange draw(String intent, Draw draw) {
    Story story = Story.draw(draw);
    Map<String, String> values = story.values();
    Request request = Request.ask(Story.GRAMMAR, intent, values, draw);
    List<String> asked = new ArrayList<>();
    for (String slot : List.of("name", "friend", "thing", "extra", "place")) {
      if (request.text().contains(values.get(slot))) {
        asked.add(values.get(slot));
      }
    }
    String mood = request.skeleton().contains("{mood}") ? values.get("mood").strip() : "";
    String text = story.tell(asked, mood, draw);
    asked.removeIf(each -> !text.contains(each));
    return Exchange.of(intent, request, null, text, asked);
  }
}
