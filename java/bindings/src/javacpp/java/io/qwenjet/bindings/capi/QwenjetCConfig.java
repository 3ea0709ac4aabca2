// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings.capi;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/** Tells JavaCPP what to parse and link, and how the header's macros read. */
@Properties(
    value = @Platform(include = "api/qwenjet.h", link = "qwenjet", library = "jniQwenjetC"),
    target = "io.qwenjet.bindings.capi",
    global = "io.qwenjet.bindings.capi.QwenjetC")
public class QwenjetCConfig implements InfoMapper {
  /** Made by JavaCPP's tools, by reflection. */
  public QwenjetCConfig() {}

  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("QJ_API").cppTypes().annotations());
    infoMap.put(new Info("QWENJET_API_QWENJET_H_").skip());
  }
}
