// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import io.qwenjet.bindings.capi.QwenjetC;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the native library, once a process, and checks that it is of these classes' version. Safe
 * from any thread. A failure is remembered and thrown again by every later call.
 *
 * <p>The library comes from the platform jar ({@code qwenjet-bindings} with the platform's name as
 * classifier), which JavaCPP unpacks to its cache folder; or, with the system property {@code
 * qwenjet.native.path}, from a folder that holds it and its glue.
 */
public final class NativeLibrary {
  /** System property: a folder with the native library and its glue, used instead of the jar's. */
  public static final String PATH_PROPERTY = "qwenjet.native.path";

  static final Charset UTF_8 = StandardCharsets.UTF_8;

  private static final String JAVACPP = "org.bytedeco.javacpp.";
  private static final Logger logger = LoggerFactory.getLogger(NativeLibrary.class);

  private NativeLibrary() {}

  /**
   * Returns when the library is loaded and fits.
   *
   * @throws NativeException UNSUPPORTED when there is no library for this platform or it cannot be
   *     loaded, INTERNAL when its version is not that of the Java classes
   */
  public static void load() {
    if (Holder.FAILURE != null) {
      throw new NativeException(
          Holder.FAILURE.code(), Holder.FAILURE.getMessage(), Holder.FAILURE.getCause());
    }
  }

  /** The version of the native library, equal to {@link #javaVersion()}. */
  public static String version() {
    load();
    return text(QwenjetC.qj_version());
  }

  /** The version of these classes. */
  public static String javaVersion() {
    Properties properties = new Properties();
    try (InputStream in = NativeLibrary.class.getResourceAsStream("version.properties")) {
      if (in == null) {
        throw new NativeException(StatusCode.INTERNAL, "version.properties is not in the jar");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new NativeException(StatusCode.INTERNAL, "version.properties cannot be read", e);
    }
    return properties.getProperty("version");
  }

  /** The text of a C string that the library owns; null for a null pointer. */
  static String text(BytePointer pointer) {
    return pointer == null || pointer.isNull() ? null : pointer.getString(UTF_8);
  }

  /** Throws the calling thread's last native error unless {@code status} is 0. */
  static void check(int status) {
    if (status == StatusCode.OK.number()) {
      return;
    }
    String message = lastError();
    if (message.isEmpty()) {
      String meaning = text(QwenjetC.qj_status_meaning(status));
      message = meaning == null ? "native status " + status : meaning;
    }
    throw new NativeException(status, message);
  }

  private static String lastError() {
    byte[] bytes = new byte[1024];
    long size = QwenjetC.qj_last_error(bytes, bytes.length);
    if (size >= bytes.length) {
      bytes = new byte[Math.toIntExact(size + 1)];
      size = QwenjetC.qj_last_error(bytes, bytes.length);
    }
    return new String(bytes, 0, (int) Math.min(size, bytes.length - 1), UTF_8);
  }

  private static final class Holder {
    static final NativeException FAILURE = tryLoad();
  }

  private static NativeException tryLoad() {
    try {
      setLimitsAside();
      Path folder = overrideFolder();
      String loaded = Loader.load(QwenjetC.class);
      if (folder != null && (loaded == null || !Path.of(loaded).startsWith(folder))) {
        return new NativeException(
            StatusCode.UNSUPPORTED,
            PATH_PROPERTY + "=" + folder + ": expected the library from there, got " + loaded);
      }
      String nativeVersion = text(QwenjetC.qj_version());
      if (!javaVersion().equals(nativeVersion)) {
        return new NativeException(
            StatusCode.INTERNAL,
            "native library and Java classes differ: expected version "
                + javaVersion()
                + ", got "
                + nativeVersion
                + " from "
                + loaded
                + "; use jars of one version");
      }
      logger.debug("native library {} from {}", nativeVersion, loaded);
      return null;
    } catch (NativeException e) {
      return e;
    } catch (LinkageError e) {
      return new NativeException(
          StatusCode.UNSUPPORTED,
          "no native library for "
              + Loader.getPlatform()
              + " could be loaded: expected the jar qwenjet-bindings with classifier "
              + Loader.getPlatform()
              + " beside the others (on the module path with --add-modules io.qwenjet.bindings.linux), or "
              + PATH_PROPERTY
              + " naming a folder that holds the library; got: "
              + rootMessage(e),
          e);
    }
  }

  /**
   * JavaCPP counts the whole process's resident memory against four times the Java heap and would
   * refuse allocations under a mapped model; memory here is planned by the engine instead. Works
   * when no JavaCPP class was used before; values that the user gave stay.
   */
  private static void setLimitsAside() {
    for (String limit : new String[] {"maxBytes", "maxPhysicalBytes"}) {
      if (System.getProperty(JAVACPP + limit) == null
          && System.getProperty(JAVACPP + limit.toLowerCase(Locale.ROOT)) == null) {
        System.setProperty(JAVACPP + limit, "0");
      }
    }
  }

  private static Path overrideFolder() {
    String path = System.getProperty(PATH_PROPERTY);
    if (path == null) {
      return null;
    }
    Path folder = Path.of(path).toAbsolutePath().normalize();
    if (!Files.isDirectory(folder)) {
      throw new NativeException(
          StatusCode.NOT_FOUND, PATH_PROPERTY + ": expected a folder, got " + folder);
    }
    // Read by JavaCPP when its Loader class is first used.
    System.setProperty(JAVACPP + "pathsFirst", "true");
    System.setProperty(JAVACPP + "platform.preloadpath", folder.toString());
    System.setProperty(JAVACPP + "platform.linkpath", folder.toString());
    return folder;
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage();
  }
}
