// SPDX-License-Identifier: Apache-2.0

import io.qwenjet.bindings.NativeCheckpoint;
import io.qwenjet.bindings.NativeLibrary;
import java.nio.file.Path;

/** Run from source by PackagingIT with the packaged jars: loads the library, opens a checkpoint. */
public final class Probe {
  private Probe() {}

  public static void main(String[] args) {
    System.out.println("version " + NativeLibrary.version());
    System.out.println("module " + NativeLibrary.class.getModule());
    try (NativeCheckpoint checkpoint = NativeCheckpoint.open(Path.of(args[0]))) {
      System.out.println("config " + checkpoint.config());
    }
  }
}
