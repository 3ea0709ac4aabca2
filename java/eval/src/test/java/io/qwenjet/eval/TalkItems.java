// SPDX-License-Identifier: Apache-2.0
// What the model is, what lies beyond it, what the user said before, and stories.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

final class TalkItems {
  private static final List<String> BEYOND =
      List.of(
          "Who is the mayor of {city}?", "What did {person} invent?", "Explain how a {noun} is made in a factory.",
          "Is it going to rain in {city} this weekend?", "How do I get from {city} to {city2} by train?",
          "Write an essay on {topic}.", "What are the side effects of {drug}?", "Should I sell my shares in {company}?",
          "Translate \"{noun}\" into Japanese.", "Who won the match between {city} and {city2} yesterday?",
          "How many people live in {city}?", "Recommend me a restaurant in {city}.", "What does the word {odd} mean?",
          "Summarise the plot of the film about {name}.", "Why did {topic} begin?", "Draw a {noun} for me.",
          "what's the phone number of {company}", "Sing me something about a {noun}", "How do I repair a broken {noun}?",
          "Is {drug} safe with alcohol?", "Write a Rust program that parses {odd} files.",
          "Compare {topic} with {topic2}.", "What's the best {noun} to buy this year?", "Tell me the news from {city}.",
          "When was {person} born?", "Prove the theorem of {name}.", "What is the boiling point of {odd}?",
          "Which university in {city} is best for law?", "Give me five arguments for {topic}.",
          "what time is it in {city} right now", "Can you book a flight to {city}?", "Who wrote the book \"{noun} of {city}\"?",
          "What's the square root of {n}?", "Integrate x^{d} dx.", "What's the meaning of life?",
          "how do i learn {topic} fast", "Open the file {odd}.txt and read it to me.", "Remember this until tomorrow: {noun}.");
  private static final List<String> FOREIGN =
      List.of(
          "Wie wird das Wetter morgen in {city}?", "¿Quién descubrió la {noun}?", "Pourquoi la mer est-elle salée à {city} ?",
          "Chi ha scritto la storia di {name}?", "Kun je een gedicht over {city} schrijven?", "Hvor ligger {city}?",
          "Kde koupím dobrý {noun}?", "Qual é a história de {city}?", "Miten pääsen kaupunkiin {city}?",
          "Ce faci mâine în {city}?", "Erkläre mir bitte {odd}.", "Raconte-moi la vie de {person}.",
          "Jak dojechać do {city}?", "Hogyan kell {odd} főzni?", "Quanto dista {city} da {city2}?");
  private static final List<String> TOO_LARGE =
      List.of(
          "{a} + {b}?", "What's {a} times {b}?", "{a} * {b} = ", "how much is {a} - {b}", "Please multiply {a} by {b}.",
          "I need the exact value of {a} + {b}", "Divide {a} by {b}.", "{a} plus {b}, quickly!", "{a}/{b}");
  private static final List<String> TOPICS =
      List.of(
          "the French Revolution", "quantum computing", "the stock market", "climate policy", "Greek philosophy",
          "space travel", "machine learning", "the Roman Empire", "modern art", "nuclear energy", "inflation", "opera",
          "photosynthesis", "free trade", "vaccines", "electric cars", "the Cold War", "sourdough", "yoga", "chess openings");
  private static final List<String> DRUGS = List.of("ibuprofen", "paracetamol", "valdomin", "trexofil", "aspirin", "lumerax");

  private static final List<String> WHO =
      List.of(
          "What do people call you?", "and you are?", "Introduce yourself!", "your name?", "Whom do I have the honour to speak with?",
          "Which model answers me here?", "Tell me a bit about yourself", "what exactly are you", "Are you ChatGPT or what?",
          "Is this a person typing?", "What program am I using?", "Do you have a name, little bot?", "Say who you are in a sentence.",
          "am I chatting with a robot?", "You're Siri, aren't you?", "What should I call you?", "So what kind of AI are you?",
          "hello?? who's there", "Describe yourself in few words", "Which software do you belong to?", "Are you GPT-4?",
          "state your name", "I forgot your name, what was it?", "What model is running right now?");
  private static final List<String> ABILITIES =
      List.of(
          "What are you good for?", "List a few things you can handle", "how could you be of use to me",
          "Give me an idea of what to ask you", "What kind of questions work with you?", "Which tasks do you manage?",
          "So what's in your toolbox?", "what stuff do you know how to do", "I'm new here. What can I try?",
          "Name some of your skills.", "For what would I use you?", "What do you do best?",
          "Show me what's possible with you", "what can I type here", "Any examples of what you answer well?");
  private static final List<String> LARGER =
      List.of(
          "How can I run a larger model with this program?", "you're too small, how do I load something better?",
          "Which option do I need for another model?", "I downloaded Qwen3-0.6B, how do I start it here?",
          "How do I swap you for a bigger one?", "Can this tool use other models? How?",
          "I want a smarter model, what do I type", "where do I say which checkpoint to use?");
  private static final List<String> SMALL =
      List.of(
          "Are you a big model?", "How large are you?", "Are you as clever as the big ones?", "do you know everything",
          "Can you answer any question in the world?", "Are you always right?");

  private TalkItems() {}

  static MadeItem outOfScope(Draw draw, int index) {
    int kind = index % 10;
    if (kind < 2) {
      Draft draft = tooLarge(draw);
      return Lines.item(draw, draft, Lines.check("refusal"), "out_of_range_sum", draw.chance(0.3));
    }
    if (kind == 2) {
      Draft draft = new Draft(gibberish(draw), "#");
      return Lines.item(draw, draft, Lines.check("refusal"), null, false);
    }
    Draft draft =
        Draft.of(
            kind < 5 ? draw.pick(FOREIGN) : BEYOND.get(index % BEYOND.size()),
            "city", draw.pick(Pools.CITIES), "city2", draw.pick(Pools.CITIES), "person", Pools.person(draw),
            "name", Pools.surname(draw), "noun", draw.pick(Pools.NOUNS), "topic", draw.pick(TOPICS),
            "topic2", draw.pick(TOPICS), "drug", draw.pick(DRUGS), "company", Pools.company(draw),
            "odd", Pools.firstName(draw).toLowerCase(java.util.Locale.ROOT) + draw.pick("ium", "oid", "ix", "ette"),
            "n", draw.between(200, 9000), "d", draw.between(3, 9));
    return Lines.plain(draw, draft, Lines.check("refusal"));
  }

  private static Draft tooLarge(Draw draw) {
    int digits = draw.between(6, 14);
    StringBuilder a = new StringBuilder();
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < digits; i++) {
      a.append(draw.between(1, 9));
      if (i < digits - draw.below(4)) {
        b.append(draw.between(1, 9));
      }
    }
    return Draft.of(draw.pick(TOO_LARGE), "a", a, "b", b);
  }

  private static String gibberish(Draw draw) {
    StringBuilder text = new StringBuilder();
    String keys = draw.pick("asdfjklghqwe", "qwertzuiopxcv", "bnmvcxlkjh", "zxcvbnmasd");
    int words = draw.between(1, 4);
    for (int i = 0; i < words; i++) {
      text.append(i > 0 ? " " : "");
      for (int n = draw.between(4, 9); n > 0; n--) {
        text.append(keys.charAt(draw.below(keys.length())));
      }
    }
    return text.append(draw.pick("", "", "?", "!!")).toString();
  }

  static MadeItem self(Draw draw, int index) {
    int kind = index % 8;
    if (kind < 4) {
      Draft draft = Draft.of(WHO.get(index / 2 % WHO.size()));
      return Lines.plain(draw, draft, Lines.says("Qwenjet"));
    }
    if (kind < 6) {
      ObjectNode check =
          Lines.saysAny("add", "adding", "sum", "sums", "sort", "lists", "numbers", "arithmetic", "JSON", "dates",
              "calculate", "stories", "classify", "facts", "list", "messages", "sorting", "units");
      return Lines.plain(draw, Draft.of(ABILITIES.get(index / 2 % ABILITIES.size())), check);
    }
    if (kind == 6) {
      return Lines.plain(draw, Draft.of(LARGER.get(index / 8 % LARGER.size())), Lines.says("--model"));
    }
    ObjectNode check = Lines.saysAny("small", "no", "not", "little", "tiny", "million", "cannot", "wrong");
    return Lines.plain(draw, Draft.of(SMALL.get(index / 8 % SMALL.size())), check);
  }

  /** A fact about the user, the question for it, and what the assistant says in between. */
  private static final List<List<String>> TOLD =
      List.of(
          List.of("Hi, {name} here.", "Hello {name}!", "Do you still know who I am?|who is it that you talk to, by name?", "{name}"),
          List.of("I go by {name}.", "Nice to meet you, {name}.", "What name did I give you?|and I go by which name?", "{name}"),
          List.of("Call me {name}, please.", "All right, {name}.", "so what's my name again|How should you call me, as I said?", "{name}"),
          List.of("I was born in {city}.", "Good to know.", "Which city was I born in?|My birthplace, you remember it?", "{city}"),
          List.of("My home is {city} these days.", "I see.", "In what place do I live, as I told you?|Where's my home, did you get that?", "{city}"),
          List.of("I own a {item}.", "That is nice.", "What was it that I own?|which thing of mine did I mention", "{item}"),
          List.of("Keep this code for me: {code}", "I have it.", "Now give me the code back.|and that code was?", "{code}"),
          List.of("My dog is called {name}.", "A fine name for a dog.", "How is my dog called?|the dog, its name?", "{name}"),
          List.of("The meeting room is {n} today.", "Noted.", "Which room number did I say?|I have to go to which room now?", "{n}"),
          List.of("My sister {name} lives in {city}.", "I see.", "What is my sister's name?|my sister, who is she?", "{name}"),
          List.of("I turn {n} next week.", "Happy birthday in advance!", "How old will I be?|My new age next week is?", "{n}"),
          List.of("I bought a {item} in {city}.", "Good choice.", "What have I bought?|so which thing did I get there", "{item}"));
  private static final List<String> NEVER_TOLD =
      List.of(
          "And my shoe size, which one is it?", "what do you think is my mother's first name?",
          "So which school did I go to?", "Do you happen to know my favourite song?");
  private static final List<String> GOING_ON =
      List.of("now {op} {b}", "And that {op} {b}?", "{op} {b}, what then?", "your result {op} {b}, please", "ok, {op} {b}?");

  static MadeItem followUp(Draw draw, int index) {
    if (index % 3 == 1) {
      return goOn(draw, index);
    }
    if (index % 9 == 2) {
      return sameList(draw);
    }
    List<String> told = TOLD.get(index / 2 % TOLD.size());
    Object[] values = {
      "name", Pools.firstName(draw), "city", draw.pick(Pools.CITIES), "item", draw.pick(Pools.GOODS),
      "code", Pools.code(draw), "n", draw.between(21, 97)
    };
    List<String> turns = new ArrayList<>(List.of(Draft.of(told.get(0), values).text(), Draft.of(told.get(1), values).text()));
    // Every sixth one asks for something that was never said.
    boolean isMissing = index % 12 == 6;
    String asked = isMissing ? draw.pick(NEVER_TOLD) : draw.pick(told.get(2).split("\\|"));
    ObjectNode check =
        isMissing
            ? Lines.check("refusal", "short", true)
            : Lines.says(Draft.of(told.get(3), values).text());
    int between = draw.below(3);
    for (int i = 0; i < between; i++) {
      int[] sum = {draw.between(2, 40), draw.between(2, 9)};
      turns.add("What do I get for " + sum[0] + " + " + sum[1] + "?");
      turns.add(sum[0] + " + " + sum[1] + " = " + (sum[0] + sum[1]));
    }
    return Lines.after(turns, Draft.of(asked), check);
  }

  private static MadeItem goOn(Draw draw, int index) {
    int[] first = Pools.operands(draw, '+', 10, 90, 2, 90);
    int sum = first[0] + first[1];
    int kind = index / 3 % 3;
    String op = kind == 0 ? draw.pick("plus", "and") : kind == 1 ? "minus" : "times";
    int b = kind == 2 ? draw.between(2, 6) : draw.between(2, Math.min(60, sum - 1));
    long right = SumItems.result(kind, new int[] {sum, b});
    List<String> turns = List.of("What do I get for " + first[0] + " + " + first[1] + "?", first[0] + " + " + first[1] + " = " + sum);
    String op2 = op.equals("and") ? "plus" : op;
    return Lines.after(turns, Draft.of(draw.pick(GOING_ON), "op", op2, "b", b), Lines.number(right));
  }

  private static MadeItem sameList(Draw draw) {
    List<Integer> numbers = ListItems.numbers(draw);
    List<Integer> sorted = new ArrayList<>(numbers);
    Collections.sort(sorted);
    String listed = String.join(", ", sorted.stream().map(String::valueOf).toList());
    List<String> turns =
        List.of(
            "From small to big, please: " + String.join(", ", numbers.stream().map(String::valueOf).toList()), listed);
    if (draw.chance(0.5)) {
      String asked = draw.pick("Which of them is the biggest?", "And the top one?", "what's the highest of those");
      return Lines.after(turns, Draft.of(asked), Lines.number(Collections.max(numbers)));
    }
    Collections.reverse(sorted);
    String asked = draw.pick("Now the other way round.", "and from big to small?", "Turn it around, please.");
    return Lines.after(turns, Draft.of(asked), ListItems.list(sorted.stream().map(String::valueOf).toList()));
  }

  private static final List<String> TALES =
      List.of(
          "Make up a tale with {name} and a {thing} in it.", "I'd love to hear about {name} and the {thing}.",
          "Bedtime story please! It has {name}, a {thing} and a {thing2}.",
          "A little story: {name} finds a {thing} in {city}.", "tell us something about {name} who lost a {thing}",
          "My daughter wants a story where {name} gives a {thing} to {name2}.",
          "Could you invent a story? People: {name}, {name2}. Thing: a {thing}.",
          "Story time: {thing}, {thing2}, and a child called {name}", "Write a few lines on how {name} got a {thing} and a {thing2}.",
          "story with {name} + {thing} pls", "Please think up a nice story in which {name} travels to {city} with a {thing}.",
          "Let {name} and {name2} meet in {city} and make it a story.");

  static MadeItem story(Draw draw, int index) {
    String template = TALES.get(index % TALES.size());
    List<String> things = draw.some(Pools.NOUNS, 2);
    String name = Pools.firstName(draw);
    String other = draw.until(() -> Pools.firstName(draw), each -> !each.equals(name));
    String city = draw.pick(Pools.CITIES);
    List<Object> all = new ArrayList<>(List.of(name));
    if (template.contains("{name2}")) {
      all.add(other);
    }
    if (template.contains("{city}")) {
      all.add(city);
    }
    if (template.contains("{thing}")) {
      all.add(things.get(0));
    }
    if (template.contains("{thing2}")) {
      all.add(things.get(1));
    }
    Draft draft =
        Draft.of(template, "name2", other, "name", name, "city", city, "thing2", things.get(1), "thing", things.get(0));
    ObjectNode check = Lines.says(all.toArray()).put("min_words", 20);
    return Lines.plain(draw, draft, check);
  }
}
