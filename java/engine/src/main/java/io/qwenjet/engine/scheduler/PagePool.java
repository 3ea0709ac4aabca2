// SPDX-License-Identifier: Apache-2.0
// Which KV pages are free, how many sequences hold each of the others, and how many are promised to
// the requests that run. Pages are promised in full at admission, so a request that runs never waits
// for memory.
package io.qwenjet.engine.scheduler;

final class PagePool {
  private final int[] free;
  private final int[] holders;
  private int numFree;
  private int numPromised;

  PagePool(int numPages) {
    free = new int[numPages];
    holders = new int[numPages];
    for (int i = 0; i < numPages; i++) {
      // Low pages first: the pool's memory is committed on first use.
      free[i] = numPages - 1 - i;
    }
    numFree = numPages;
  }

  int size() {
    return free.length;
  }

  int numUsed() {
    return free.length - numFree;
  }

  boolean promise(int numPages) {
    if (numPages > free.length - numPromised) {
      return false;
    }
    numPromised += numPages;
    return true;
  }

  void endPromise(int numPages) {
    numPromised -= numPages;
  }

  int take() {
    if (numFree == 0) {
      throw new IllegalStateException("a page was taken that was not promised");
    }
    int page = free[--numFree];
    holders[page] = 1;
    return page;
  }

  void share(int page) {
    holders[page]++;
  }

  boolean isShared(int page) {
    return holders[page] > 1;
  }

  void release(int page) {
    if (--holders[page] == 0) {
      free[numFree++] = page;
    }
  }
}
