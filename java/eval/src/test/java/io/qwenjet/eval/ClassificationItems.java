// SPDX-License-Identifier: Apache-2.0
// Customers' messages and the labels that they belong to.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class ClassificationItems {
  private static final Map<String, List<String>> MESSAGES =
      Map.of(
          "billing",
          List.of(
              "You took the money from my card twice for {code}.", "My invoice shows {n} euros but I agreed to less.",
              "Why is there a fee of {n} dollars on my bill?", "I paid {code} last week and got a payment reminder today.",
              "Can I get a receipt with our tax number for {code}?", "The discount of {n} percent is missing on the invoice.",
              "You charged me for a {item} I never bought.", "I'd rather pay by bank transfer from next month on.",
              "The amount on invoice {code} is wrong."),
          "shipping",
          List.of(
              "Where is my {item}? It was due {n} days ago.", "The tracking page for {code} has not moved since Sunday.",
              "My parcel went to {city}, but I live elsewhere.", "How long does delivery to {city} take?",
              "The courier says he left {code} at the door, nothing is there.", "Has the {item} left your warehouse yet?",
              "I ordered {n} days ago and no package so far.", "Could you deliver to my office in {city} instead?",
              "Package {code} is stuck at customs."),
          "returns",
          List.of(
              "The {item} does not fit, I want to send it back.", "How do I return {code}?",
              "I'd like my money back for the {item}, I don't need it.", "May I exchange the {item} for a smaller one?",
              "Please send me a return label for {code}.", "I sent the {item} back {n} days ago, when do I get the refund?",
              "Is it still possible to give back a {item} after {n} days?", "Wrong colour. I want to swap this {item}.",
              "I changed my mind about {code} and want to return it."),
          "technical",
          List.of(
              "The app crashes each time I open the camera page.", "My {item} won't turn on any more.",
              "I get error {n} when I press save.", "Your website shows a blank page on my phone.",
              "After the update the {item} loses its connection.", "The screen freezes at {n} percent.",
              "The search button does nothing since yesterday.", "Printing from the program fails with code {n}.",
              "The {item} makes a beeping noise and stops working."),
          "account",
          List.of(
              "I forgot my password and the reset mail never comes.", "Please change the e-mail of my profile to {email}.",
              "How can I delete my profile?", "I can't log in with my user name any more.",
              "Somebody else seems to use my login.", "I moved, my new address is in {city}. Please update my profile.",
              "My name is spelled {name} in my profile, please correct it.", "Can two people share one login?",
              "Please unlock my user {name}, I typed the wrong password."),
          "praise",
          List.of(
              "Just wanted to say the {item} is wonderful!", "Best service I ever had, thank you {name}!",
              "You people are great, the {item} came early and works perfectly.", "I love my new {item}.",
              "Big thanks to {name} in {city}, so friendly!", "Five stars for the {item}, keep it up!",
              "Very happy with everything, well done.", "The {item} is even nicer than in the picture, lovely!",
              "My compliments to your team, really."),
          "other",
          List.of(
              "Do you have a shop in {city}?", "Are you looking for new employees?",
              "Who is the head of your company?", "Is your office open on Sunday?",
              "I write for a school paper, may I ask {n} questions about your firm?",
              "Would you sponsor our football club in {city}?", "Is there parking near your building?",
              "Do you offer guided tours for {n} visitors?", "What year was your company founded?"));
  private static final List<String> ALL =
      List.of("billing", "shipping", "returns", "technical", "account", "praise", "other");
  private static final List<String> ASKED =
      List.of(
          "A customer wrote: \"{text}\" Which category is that, and what do we reply?",
          "{text}\n\nGive me category and reply for this customer message.",
          "Sort this mail into a category and draft a reply.\n{text}",
          "customer message: {text}\ncategory + short reply please",
          "What category does this message go into? Add a reply for the customer.\n\n{text}");
  private static final List<String> CHOOSING =
      List.of(
          "The categories are {labels}. Put this in one and write a reply: \"{text}\"",
          "{text}\n\nOne of {labels}? Name the category, then reply to the customer.",
          "Labels: {labels}\nMessage: {text}\nPick a label, write a reply.");

  private ClassificationItems() {}

  static MadeItem make(Draw draw, int index) {
    String label = ALL.get(index % ALL.size());
    List<String> messages = MESSAGES.get(label);
    Draft text =
        Draft.of(
            messages.get(index / ALL.size() % messages.size()),
            "code", Pools.code(draw), "item", draw.pick(Pools.GOODS), "n", draw.between(4, 40),
            "city", draw.pick(Pools.CITIES), "email", Pools.email(draw), "name", Pools.firstName(draw));
    if (index % 4 != 3) {
      Draft draft = Draft.of(draw.pick(ASKED), "text", "{text}");
      return Lines.plain(draw, put(draft, text), Lines.check("choice", "answer", label));
    }
    List<String> labels = new ArrayList<>(draw.some(ALL.stream().filter(each -> !each.equals(label)).toList(), draw.between(1, 4)));
    labels.add(draw.below(labels.size() + 1), label);
    Draft draft = Draft.of(draw.pick(CHOOSING), "labels", String.join(", ", labels), "text", "{text}");
    ObjectNode check = Lines.check("choice", "answer", label, "labels", labels);
    return Lines.plain(draw, put(draft, text), check);
  }

  /** The message is part of the skeleton: it is what has to be understood. */
  private static Draft put(Draft request, Draft text) {
    String skeleton = request.skeleton();
    return new Draft(
        request.text().replace("{text}", text.text()), skeleton + " / " + text.skeleton());
  }
}
