// SPDX-License-Identifier: Apache-2.0
// What a user reads when something fails: one line for every error that the product knows, and for
// a defect its type, with the way to more.
package io.qwenjet.cli;

import io.qwenjet.engine.EngineClosedException;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.InvalidRequestException;
import io.qwenjet.engine.template.TemplateException;
import io.qwenjet.engine.text.TokenizerFormatException;
import io.qwenjet.eval.EvaluationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;

final class ErrorText {
  private ErrorText() {}

  /** One line. */
  static String of(Throwable e) {
    if (e instanceof UncheckedIOException unchecked) {
      return of(unchecked.getCause());
    }
    if (e instanceof FileSystemException file) {
      String reason = file.getReason() == null ? kind(file) : file.getReason();
      return file.getFile() + ": " + reason;
    }
    if (isKnown(e)) {
      return oneLine(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
    return "a defect of this program: "
        + oneLine(e.toString())
        + " (run again with --debug for where it happened)";
  }

  private static boolean isKnown(Throwable e) {
    return e instanceof CommandException
        || e instanceof InferenceException
        || e instanceof InvalidRequestException
        || e instanceof EngineClosedException
        || e instanceof EvaluationException
        || e instanceof TokenizerFormatException
        || e instanceof TemplateException
        || e instanceof IOException;
  }

  private static String kind(FileSystemException e) {
    String name = e.getClass().getSimpleName().replace("Exception", "");
    return switch (name) {
      case "NoSuchFile" -> "there is no such file";
      case "AccessDenied" -> "access is denied";
      case "FileAlreadyExists" -> "there is such a file already";
      case "NotDirectory" -> "this is no folder";
      default -> "it cannot be used (" + name + ")";
    };
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
