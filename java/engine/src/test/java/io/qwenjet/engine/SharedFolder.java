// SPDX-License-Identifier: Apache-2.0
// Where reference material that is too large for this tree lies: QWENJET_SHARED, or a folder
// `shared` beside the checkout, looked for upwards from the working directory.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds files of the shared folder for tests. */
public final class SharedFolder {
  private SharedFolder() {}

  /**
   * A file or folder of the shared folder. The test that asks is skipped where there is no shared
   * folder, and fails where there is one without this file.
   */
  public static Path path(String name) {
    Path folder = find();
    assumeTrue(folder != null, "no folder of shared reference material");
    Path file = folder.resolve(name);
    assertTrue(Files.exists(file), "the shared folder lacks " + name);
    return file;
  }

  private static Path find() {
    String named = System.getenv("QWENJET_SHARED");
    if (named != null) {
      return Path.of(named);
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path shared = at.resolveSibling("shared");
      if (Files.isDirectory(shared.resolve("conformance"))) {
        return shared;
      }
    }
    return null;
  }
}
