// SPDX-License-Identifier: Apache-2.0
// A bare story, with a heading at times.
package io.qwenjet.corpus;

import java.util.List;
import java.util.Map;

final class StoryDocument implements Document {
  @Override
  public String kind() {
    return "story";
  }

  @Override
  public Example draw(Draw draw) {
    Story story = Story.draw(draw);
    Map<String, String> values = story.values();
    List<String> asked = List.of(values.get("name"), values.get("thing"));
    String text = story.tell(asked, values.get("mood").strip(), draw);
    String heading =
        switch (draw.below(6)) {
          case 0 -> values.get("name") + " and " + values.get("the_thing") + "\n\n";
          case 1 -> "# " + values.get("The_thing") + "\n\n";
          case 2 -> "A story about " + values.get("name") + "\n\n";
          default -> "";
        };
    return Example.document("story", heading + text, asked);
  }
}
