// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

/** Where {@code ./qwenjet} enters. */
public final class Main {
  private Main() {}

  /** Runs the command line. */
  public static void main(String[] args) {
    System.out.println("qwenjet");
  }
}
