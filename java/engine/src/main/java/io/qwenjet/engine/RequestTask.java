// SPDX-License-Identifier: Apache-2.0
// One request on its way through the engine: takes tokens from the scheduler, makes text of them,
// and hands chunks and the result to its sink. Runs on the engine thread.
package io.qwenjet.engine;

import io.qwenjet.engine.scheduler.GroupListener;
import io.qwenjet.engine.scheduler.SequenceGroup;
import java.util.ArrayList;
import java.util.List;

final class RequestTask implements GroupListener {
  private final int[] promptIds;
  private final ChoiceOutput[] choices;
  private final ChunkSink sink;
  /** Also keeps the engine from being taken for forgotten while this runs. */
  private final EngineCore core;
  private volatile SequenceGroup group;

  RequestTask(int[] promptIds, ChoiceOutput[] choices, ChunkSink sink, EngineCore core) {
    this.promptIds = promptIds;
    this.choices = choices;
    this.sink = sink;
    this.core = core;
  }

  void attach(SequenceGroup group) {
    this.group = group;
  }

  /** Ends the request before the next step; from any thread. */
  void cancel() {
    group.cancel();
    core.wake();
  }

  @Override
  public boolean ready() {
    return sink.ready();
  }

  @Override
  public boolean onToken(
      int choice, int token, TokenLogprob logprob, boolean isStopToken, boolean mayStop) {
    ChoiceOutput output = choices[choice];
    boolean stops = output.push(token, logprob, isStopToken, mayStop);
    if (sink.wantsChunks() && !stops && !isStopToken) {
      Chunk chunk = output.takeChunk(null);
      if (chunk != null) {
        sink.chunk(chunk);
      }
    }
    return stops;
  }

  @Override
  public void onFinished(int choice, FinishReason reason) {
    FinishReason known = choices[choice].finish(reason);
    if (sink.wantsChunks()) {
      sink.chunk(choices[choice].takeChunk(known));
    }
  }

  @Override
  public void onDone(Timings timings) {
    List<Choice> finished = new ArrayList<>(choices.length);
    int numGenerated = 0;
    for (ChoiceOutput output : choices) {
      finished.add(output.toChoice());
      numGenerated += output.numTokens();
    }
    Usage usage = new Usage(promptIds.length, numGenerated);
    sink.done(new Completion(promptIds, finished, usage, timings));
  }

  @Override
  public void onFailed(RuntimeException e) {
    sink.failed(e);
  }
}
